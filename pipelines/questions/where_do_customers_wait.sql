-- Where do customers wait longest, and how sure is that? Waits of all hours together: histograms add up exactly, so the quantiles are within 2 %.
with summed as (
    select stage, channel, bucket, any_value(value_ms) as value_ms, sum(n) as n from mart.stage_wait_histogram group by stage, channel, bucket
),
reached as (
    select *, sum(n) over (partition by stage, channel order by bucket) as so_far, sum(n) over (partition by stage, channel) as total from summed
),
marks as (
    select stage, channel, min(value_ms) filter (where 2 * so_far >= total) / 1000 as median_s, min(value_ms) filter (where 10 * so_far >= 9 * total) / 1000 as p90_s
    from reached group by stage, channel
)
select w.stage, w.channel, any_value(w.basis) as basis, sum(w.waits) as waits, any_value(m.median_s) as median_s, any_value(m.p90_s) as p90_s,
    sum(w.below) / nullif(sum(w.below + w.inside + w.above), 0) as share_below_adequate, sum(w.total_s) / 3600 as total_h, sum(w.open_count) as waiting_now
from mart.stage_waits as w left join marks as m on m.stage = w.stage and m.channel is not distinct from w.channel
where w.basis = 'wait' or w.open_count > 0
group by w.stage, w.channel
order by total_h desc nulls last, w.stage, w.channel
limit 20
