-- The stages where customers wait most, and the place in each where it is worst. Grain: stage. Parameter: $most.
-- Stages where no step has a wait are left out while there are others: time between their steps is not always waiting.
with
stages as (
    select * from mart.bottlenecks where cut = 'stage' and rank is not null
    qualify basis = 'wait' or not bool_or(basis = 'wait') over ()
),
places as (
    select stage, coalesce(site, channel) as place, excess_s from mart.bottlenecks where cut <> 'stage' and rank is not null
    qualify row_number() over (partition by stage order by cut = 'stage_site' desc, rank) = 1
),
judged as (
    select stage, sum(below) / nullif(sum(below + inside + above), 0) as share_below from mart.stage_waits group by stage
)
select
    row_number() over (order by rank) as rank, stage, basis, threshold, visits, share_below, stages.excess_s, excess_low, place, places.excess_s / nullif(stages.excess_s, 0) as place_share
from stages left join places using (stage) left join judged using (stage)
order by rank
limit $most
