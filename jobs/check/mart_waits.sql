-- the visits of stage_waits are the steps, and its histogram holds its waits
select format('{}: {} and {}', what, counted, held) as finding
from (
    select 'visits and steps' as what, (select coalesce(sum(visits), 0)::bigint from mart.stage_waits) as counted, (select count(*) from mart.steps) as held
    union all
    select 'waits and the histogram', (select coalesce(sum(waits), 0)::bigint from mart.stage_waits), (select coalesce(sum(n), 0)::bigint from mart.stage_wait_histogram)
)
where counted <> held
