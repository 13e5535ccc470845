-- operations: work behind the counter that names no customer; it belongs to no journey. Grain: (scope, key).
select scope, source, event_id, key, time_us as occurred_us, type, correlation_id, causation_id, site
from kept
where kind = 'operation'
order by time_us, place, key
