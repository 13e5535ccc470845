-- One journey that shows what waiting looks like: of those customers, one with waits beyond the adequate level, short enough to be read.
-- Grain: journey. Parameter: $customers.
select customer_id, journey_id
from mart.journeys as journey
join (select journey_id, count(*) filter (where zone < 0) as too_long, count(wait_s) as waits from mart.steps group by journey_id) using (journey_id)
where customer_id in (select unnest($customers)) and step_count between 2 and 12
order by too_long desc, waits desc, step_count desc, started_at desc, journey_id
limit 1
