-- How many queued calls of the bank were abandoned (Israel's winter time)? Published: January 3,080 of 16,905, February 3,932 of 18,306.
-- The published count has every call with a time in the queue, those that the exchange made up (PHANTOM) as well.
select
    month("time_local") as "month", count(*) as queued, count(*) filter (where attributes['outcome'] = 'HANG') as abandoned,
    round(100 * count(*) filter (where attributes['outcome'] = 'HANG') / count(*), 1) as percent
from (
    select t.*, b.occurred_at + interval 2 hours as "time_local"
    from mart.touchpoints as t join (select case_id, min(occurred_at) as occurred_at from mart.touchpoints group by case_id) as b using (case_id)
)
where "type" = 'call.ended' and cast(attributes['q_time'] as integer) > 0
group by "month" order by "month"
