-- days: one row a UTC day from the first breach to as_of. A breach is one key, however often it was changed; its severity is the last that was said.
with graded as (
    select b.since, b.until, b.customer_id, a.grade
    from mart.breaches as b
    left join (
        select rule, "key", arg_max(case severity when 'critical' then 4 when 'high' then 3 when 'warning' then 2 when 'info' then 1 end, seq) as grade
        from mart.alerts group by rule, "key"
    ) as a on a.rule = b.rule and a."key" = b."key"
),
days as (
    select unnest(generate_series(date_trunc('day', min(since)), (select max(as_of) from mart.freshness), interval 1 day)) as day from graded
),
begun as (
    select date_trunc('day', since) as day, count(*) as began, count(distinct customer_id) as customers, max(grade) as gravest from graded group by 1
),
finished as (
    select date_trunc('day', until) as day, count(*) as ended from graded where until is not null group by 1
)
select
    d.day::date as day, coalesce(b.began, 0) as began, coalesce(o.ended, 0) as ended,
    (sum(coalesce(b.began, 0)) over through_time - sum(coalesce(o.ended, 0)) over through_time)::bigint as holding,
    coalesce(b.customers, 0) as customers, (['info', 'warning', 'high', 'critical'])[b.gravest] as severity
from days as d left join begun as b on b.day = d.day left join finished as o on o.day = d.day
window through_time as (order by d.day)
order by d.day
