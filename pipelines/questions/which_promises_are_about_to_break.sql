-- Which promises are about to break? Those that nobody has kept yet and that are due within two days of as_of, and those that are overdue; the most urgent first.
with now as (
    select max(as_of) as as_of from mart.freshness
)
select p.promise_id, p.customer_id, p.opened_at, p.due_at, p.outcome, (epoch_ms(p.due_at) - epoch_ms(n.as_of)) / 3600e3 as hours_left, p.channel, p.owner
from mart.promises as p cross join now as n
where p.outcome = 'overdue' or (p.outcome = 'open' and p.due_at <= n.as_of + interval 2 days)
order by p.outcome desc, p.due_at, p.promise_id
limit 50
