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
        sum(desired_ms - value_ms)::bigint as superiority_ms,
        quantile_disc(value_ms, [0.5, 0.9, 0.99]) as marks
    from internal.visits group by spot, hour_number
),
named as (
    select
        k.stage, k.channel, make_timestamp(v.hour_number * 3600000000) as hour, case when v.by_wait then 'wait' else 'since_previous' end as basis, v.visits, v.waits,
        v.below, v.inside, v.above, v.adequacy_ms, v.superiority_ms, v.total_ms, v.marks
    from visited as v join internal.kinds as k on k.kind = v.spot
),
-- The bucket of a quantile is the quantile of the buckets: they ascend. It is guessed and put right, as in stage_wait_counts.sql.
edges as (
    select
        bucket, upper_ms, coalesce(lag(upper_ms) over in_turn, -1) as below_ms, value_ms, lag(value_ms) over in_turn as lower_value_ms, lead(value_ms) over in_turn as upper_value_ms
    from internal.buckets window in_turn as (order by bucket)
),
marked as (
    select
        v.*,
        case when greatest(v.marks[1], 0) > a.upper_ms then a.upper_value_ms when greatest(v.marks[1], 0) <= a.below_ms then a.lower_value_ms else a.value_ms end as p50_ms,
        case when greatest(v.marks[2], 0) > b.upper_ms then b.upper_value_ms when greatest(v.marks[2], 0) <= b.below_ms then b.lower_value_ms else b.value_ms end as p90_ms,
        case when greatest(v.marks[3], 0) > c.upper_ms then c.upper_value_ms when greatest(v.marks[3], 0) <= c.below_ms then c.lower_value_ms else c.value_ms end as p99_ms
    from named as v
    left join edges as a on a.bucket = internal.bucket_guess(v.marks[1])
    left join edges as b on b.bucket = internal.bucket_guess(v.marks[2])
    left join edges as c on c.bucket = internal.bucket_guess(v.marks[3])
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
        case when v.waits > 0 then v.p50_ms end as p50_ms,
        case when v.waits > 0 then v.p90_ms end as p90_ms,
        case when v.waits > 0 then v.p99_ms end as p99_ms,
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
