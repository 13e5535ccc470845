-- house: events of the house itself, which are touchpoints without a journey. Grain: key.
select source, event_id, key, time_us as occurred_us, type, customer, site
from kept
where kind = 'house'
order by time_us, place, key
