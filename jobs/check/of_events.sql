-- every touchpoint is one step, but for events of the house and of oversized journeys; every step is a touchpoint
with
steps_of as (select key, count(*) as n from net_steps group by key),
events as (select key, any_value(customer_id) as customer_id, any_value(event_id) as event_id from touchpoints where kind < 2 group by key),
oversized as (select distinct customer_id from net_journeys where oversized)
select format('event {}: {} steps', event_id, coalesce(n, 0)) as finding
from events left join steps_of using (key)
where coalesce(n, 0) <> 1 and not (n is null and customer_id in (select customer_id from oversized))
union all
select format('key {:x}: a step without its touchpoint', key) from steps_of anti join events using (key)
order by finding
