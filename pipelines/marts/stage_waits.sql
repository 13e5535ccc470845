-- stage_waits: one row a stage, channel and UTC hour; waits that are open at as_of stand in its hour. Wilson's interval at 95 %.
with visited as (
    select
        spot,
        epoch_us(occurred_at) // 3600000000 as hour_number,
        any_value(by_wait) as by_wait,
        count(*) as visits,
        count(value_ms) as waits,
        count_if(value_ms > adequate_ms)::bigint as below,
        count_if(value_ms between desired_ms and adequate_ms)::bigint as inside,
        count_if(value_ms < desired_ms)::bigint as above,
        sum(value_ms) as total_ms,
        sum(adequate_ms - value_ms)::bigint as adequacy_ms,
        sum(desired_ms - value_ms)::bigint as superiority_ms
    from internal.visits group by spot, hour_number
),
-- Quantiles come from the buckets, which ascend as values do: a state that holds all values of its group, as quantile_disc has, is no longer one
-- of few bytes when memory runs out, and then took thirty times as long.
piled as (
    select spot, hour, bucket, sum(n) over (partition by spot, hour order by bucket) as reached, sum(n) over (partition by spot, hour) as total
    from internal.stage_wait_counts
),
ranked as (
    select
        spot,
        hour,
        min(bucket) filter (where reached >= total - total // 2) as p50,
        min(bucket) filter (where reached >= total - total // 10) as p90,
        min(bucket) filter (where reached >= total - total // 100) as p99
    from piled group by spot, hour
),
named as (
    select
        k.stage, k.channel, make_timestamp(v.hour_number * 3600000000) as hour, v.spot, case when v.by_wait then 'wait' else 'since_previous' end as basis, v.visits, v.waits,
        v.below, v.inside, v.above, v.adequacy_ms, v.superiority_ms, v.total_ms
    from visited as v join internal.kinds as k on k.kind = v.spot
),
marked as (
    select v.*, a.value_ms as p50_ms, b.value_ms as p90_ms, c.value_ms as p99_ms
    from named as v
    left join ranked as r on r.spot = v.spot and r.hour = v.hour
    left join internal.buckets as a on a.bucket = r.p50
    left join internal.buckets as b on b.bucket = r.p90
    left join internal.buckets as c on c.bucket = r.p99
),
waiting as (
    select w.*, epoch_us(p.as_of) as as_of_us, date_trunc('hour', p.as_of) as hour
    from internal.opened_waits as w cross join internal.publication as p
    where w.closed_by is null  -- whatever the journey's status: who was never answered still waits
),
open_now as (
    select opened_in as stage, opened_channel as channel, hour, count(*) as open_count, count_if(as_of_us - since_us > 1000 * adequate_ms)::bigint as open_below_adequate
    from waiting where since_us <= as_of_us group by 1, 2, 3
),
joined as (
    select
        coalesce(v.stage, o.stage) as stage,
        coalesce(v.channel, o.channel) as channel,
        coalesce(v.hour, o.hour) as hour,
        v.basis,
        coalesce(v.visits, 0) as visits,
        coalesce(v.waits, 0) as waits,
        coalesce(v.below, 0) as below,
        coalesce(v.inside, 0) as inside,
        coalesce(v.above, 0) as above,
        v.total_ms,
        v.adequacy_ms,
        v.superiority_ms,
        v.p50_ms,
        v.p90_ms,
        v.p99_ms,
        coalesce(o.open_count, 0) as open_count,
        coalesce(o.open_below_adequate, 0) as open_below_adequate,
        coalesce(v.below + v.inside + v.above, 0) as judged,
        v.below::double / nullif(judged, 0) as p_below,
        v.inside::double / nullif(judged, 0) as p_inside,
        v.above::double / nullif(judged, 0) as p_above
    from marked as v
    full join open_now as o on o.stage = v.stage and o.channel is not distinct from v.channel and o.hour = v.hour
)
select
    j.stage,
    j.channel,
    j.hour,
    j.basis,
    j.visits,
    j.waits,
    j.below,
    j.inside,
    j.above,
    j.judged,
    j.p_below as share_below,
    internal.wilson_low(j.below, j.judged, j.p_below) as share_below_low,
    internal.wilson_high(j.below, j.judged, j.p_below) as share_below_high,
    j.p_inside as share_inside,
    internal.wilson_low(j.inside, j.judged, j.p_inside) as share_inside_low,
    internal.wilson_high(j.inside, j.judged, j.p_inside) as share_inside_high,
    j.p_above as share_above,
    internal.wilson_low(j.above, j.judged, j.p_above) as share_above_low,
    internal.wilson_high(j.above, j.judged, j.p_above) as share_above_high,
    j.adequacy_ms as margin_adequacy_ms,
    j.superiority_ms as margin_superiority_ms,
    j.adequacy_ms::double / 1e3::double / nullif(j.judged, 0) as margin_adequacy_mean_s,
    j.superiority_ms::double / 1e3::double / nullif(j.judged, 0) as margin_superiority_mean_s,
    j.p50_ms / 1e3::double as p50_s,
    j.p90_ms / 1e3::double as p90_s,
    j.p99_ms / 1e3::double as p99_s,
    j.total_ms::double / 1e3::double as total_s,
    j.open_count,
    j.open_below_adequate
from joined as j
