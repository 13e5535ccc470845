-- Who makes customers wait? Of the time that customers waited in a stage, a channel and a site: how much goes to which team and element behind the counter. The first row of each place is
-- nobody's part. How many of the journeys that waited there it touched stands with a 95 % interval (Wilson 1927); from fewer than 30 waits of 10 customers nothing is concluded, as in bottlenecks.
with waited as (
    select stage, channel, site, count(distinct journey_id) as of_journeys, sum(covered_ms) as of_ms,
        count(*) filter (where operation is null) >= 30 and count(distinct customer_id) >= 10 as is_enough
    from mart.wait_causes group by stage, channel, site
),
parts as (
    select
        stage, channel, site, element, team, operation is null as is_nobodys, count(*) filter (where covered_ms > 0) as waits,
        count(distinct journey_id) filter (where covered_ms > 0) as journeys, count(distinct operation) as operations, sum(covered_ms) as ms
    from mart.wait_causes
    group by stage, channel, site, element, team, operation is null
),
measured as (
    select p.*, w.of_journeys, w.of_ms, w.is_enough, p.journeys / w.of_journeys as touched
    from parts as p
    join waited as w on w.stage is not distinct from p.stage and w.channel is not distinct from p.channel and w.site is not distinct from p.site
)
select
    stage, channel, site, case when is_nobodys then 'nobody' else coalesce(element, 'not said') end as element, team, operations, waits, round(ms / 3600e3, 2) as hours,
    ms / of_ms as share_of_wait, journeys, of_journeys,
    case when is_enough and journeys > 0 then (journeys + 1.9208 - 1.96 * sqrt(journeys * (1 - touched) + 0.9604)) / (of_journeys + 3.8416) when is_enough then 0 end as touched_low,
    case when is_enough and journeys < of_journeys then (journeys + 1.9208 + 1.96 * sqrt(journeys * (1 - touched) + 0.9604)) / (of_journeys + 3.8416) when is_enough then 1 end as touched_high,
    case when is_enough then 'enough' else 'not enough' end as evidence
from measured
order by of_ms desc, stage, channel, site, is_nobodys desc, ms desc, element, team
limit 60
