-- in the mart too, the steps of a journey are numbered 1 to step_count
select format('{}: step_count {}, {} steps', journey_id, step_count, coalesce(n, 0)) as finding
from (select journey_id, if(status = 'oversized', 0, step_count) as step_count from mart.journeys)
full join (select journey_id, count(*) as n, max(position) as highest, min(position) as lowest from mart.steps group by journey_id) using (journey_id)
where step_count is distinct from coalesce(n, 0) or coalesce(highest, 0) <> coalesce(n, 0) or lowest < 1
order by finding
