-- stage_wait_histogram: one row a stage, channel, hour and bucket: how many durations fell into it. Equal durations are counted before their bucket is looked up.
with durations as (
    select stage, channel, date_trunc('hour', occurred_at) as hour, greatest(value_ms, 0) as ms, count(*) as n
    from internal.visits where value_ms is not null
    group by all
)
select d.stage, d.channel, d.hour, b.bucket, b.upper_ms, b.value_ms, sum(d.n)::bigint as n
from durations as d asof join internal.buckets as b on d.ms <= b.upper_ms
group by all
