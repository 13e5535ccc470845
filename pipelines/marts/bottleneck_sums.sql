-- bottleneck_sums: visits and excess of each cut, by customer. Grain: cut, customer. Excess = duration beyond the adequate level, else beyond the cut's own lower median
-- of the visits that have no level. Whole milliseconds, so that parts add up in any order; a customer's are cut off at 2^53, so that the sum of a cut fits 64 bits.
with visited as (
    select v.stage, v.channel, v.site, v.basis, v.value_ms, v.adequate_ms, j.customer_id
    from internal.visits as v join internal.journeys as j on j.journey = v.journey
    where v.value_ms is not null
),
cut as (
    select 'stage' as cut, stage, null::varchar as channel, null::varchar as site, basis, value_ms, adequate_ms, customer_id from visited
    union all
    select 'stage_channel', stage, channel, null, basis, value_ms, adequate_ms, customer_id from visited where channel is not null
    union all
    select 'stage_site', stage, null, site, basis, value_ms, adequate_ms, customer_id from visited where site is not null
),
levels as (
    select cut, stage, channel, site, any_value(basis) as basis,
        quantile_disc(value_ms, 0.5) filter (where adequate_ms is null) as median_ms,
        case when count(adequate_ms) = count(*) then 'adequate' when count(adequate_ms) = 0 then 'median' else 'mixed' end as threshold,
        row_number() over (order by cut, stage, channel, site) - 1 as number
    from cut group by cut, stage, channel, site
)
select
    l.number, l.cut, l.stage, l.channel, l.site, l.basis, l.threshold, c.customer_id,
    count(*) as visits,
    least(sum(greatest(c.value_ms - coalesce(c.adequate_ms, l.median_ms), 0)), 9007199254740992)::bigint as excess_ms
from cut as c
join levels as l on l.cut = c.cut and l.stage = c.stage and l.channel is not distinct from c.channel and l.site is not distinct from c.site
group by all
