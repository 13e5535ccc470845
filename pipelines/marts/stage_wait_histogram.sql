-- stage_wait_histogram: one row a stage, channel, hour and bucket: how many durations fell into it. A bucket is guessed by its logarithm, and put right by one where
-- rounding hit a bound: an exact number that is much cheaper than a search.
with edges as (
    select bucket, upper_ms, coalesce(lag(upper_ms) over (order by bucket), -1) as below_ms from internal.buckets
),
guessed as (
    select stage, channel, date_trunc('hour', occurred_at) as hour, greatest(value_ms, 0) as ms,
        case when value_ms > 0 then 1 + ceil(ln(value_ms) / ln(51 / 49))::integer else 0 end as guess
    from internal.visits where value_ms is not null
),
counted as (
    select g.stage, g.channel, g.hour, e.bucket + (g.ms > e.upper_ms)::integer - (g.ms <= e.below_ms)::integer as bucket, count(*) as n
    from guessed as g join edges as e on e.bucket = g.guess
    group by all
)
select c.stage, c.channel, c.hour, b.bucket, b.upper_ms, b.value_ms, c.n
from counted as c join internal.buckets as b on b.bucket = c.bucket
