-- the steps of a journey are numbered 1 to step_count; an oversized one has none
select format('journey {:x}: step_count {}, positions {} to {}, {} steps', journey, step_count, lowest, highest, n) as finding
from (
    select journey, any_value(step_count) as step_count, any_value(oversized) as oversized,
        count(position) as n, coalesce(min(position), 0) as lowest, coalesce(max(position), 0) as highest
    from net_journeys left join net_steps using (journey)
    group by journey
)
where (n, lowest, highest) <> if(oversized, (0, 0, 0), (step_count, 1, step_count))
union all
select format('journey {:x}: {} steps, but no such journey', journey, count(*)) from net_steps anti join net_journeys using (journey) group by journey
order by finding
