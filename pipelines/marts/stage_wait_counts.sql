-- stage_wait_counts: how many durations fell into each bucket, by spot (see visits.sql) and hour. A bucket is guessed by its logarithm, and put right by one where rounding
-- hit a bound: an exact number that is much cheaper than a search.
with edges as (
    select bucket, upper_ms, coalesce(lag(upper_ms) over (order by bucket), -1) as below_ms from internal.buckets
),
guessed as (
    select spot, epoch_us(occurred_at) // 3600000000 as hour_number, greatest(value_ms, 0) as ms,
        internal.bucket_guess(value_ms) as guess
    from internal.visits where value_ms is not null
),
counted as (
    select g.spot, g.hour_number, e.bucket + (g.ms > e.upper_ms)::integer - (g.ms <= e.below_ms)::integer as bucket, count(*) as n
    from guessed as g join edges as e on e.bucket = g.guess
    group by all
)
select spot, make_timestamp(hour_number * 3600000000) as hour, bucket, n from counted
