-- Who gives up in the queue? Month by month (UTC): of the calls that had to wait, how many were abandoned, with a 95 % interval (Wilson 1927).
-- A call that was answered at once never waited, and one that the exchange made up was nobody's: both are left out.
with ended as (
    select date_trunc('month', occurred_at) as "month", channel, wait_s, "type" = 'call.abandoned' as given_up
    from mart.steps
    where "type" in ('call.answered', 'call.abandoned') and wait_s > 0
),
counted as (
    select "month", channel, count(*) as waited, count(*) filter (where given_up) as abandoned, avg(wait_s) as mean_wait_s, median(wait_s) as median_wait_s
    from ended group by "month", channel
)
select
    "month", channel, waited, abandoned, abandoned / waited as share,
    (abandoned + 1.9208 - 1.96 * sqrt(abandoned * (1 - abandoned / waited) + 0.9604)) / (waited + 3.8416) as share_low,
    (abandoned + 1.9208 + 1.96 * sqrt(abandoned * (1 - abandoned / waited) + 0.9604)) / (waited + 3.8416) as share_high,
    round(mean_wait_s, 1) as mean_wait_s, median_wait_s
from counted
order by "month", channel
