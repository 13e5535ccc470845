-- What is wrong now? Breaches that hold at as_of, by rule: how many, whom they hit, and since when the oldest has lasted.
select rule, count(*) as breaches, count(distinct customer_id) as customers, min(since) as oldest_since, max(since) as newest_since
from mart.breaches
where until is null
group by rule
order by breaches desc, rule
