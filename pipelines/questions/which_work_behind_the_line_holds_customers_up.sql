-- Which work behind the line of visibility holds customers up? Operations by how many customers waited too long because of them, with the team that owns them, and whether it was a breakdown.
with held_up as (
    select operation, any_value(team) as team, count(distinct customer_id) as customers, count_if(until is null) as waiting_now,
        sum(value - threshold) / 3600e3 as excess_h, min(since) as first_at, max(coalesce(until, since)) as last_at
    from mart.breaches where rule = 'wait_caused_backstage' group by operation
),
broken as (
    select operation, max(value) as customers from mart.breaches where rule = 'breakdown' group by operation
)
select coalesce(h.operation, b.operation) as operation, h.team, h.customers, h.waiting_now, h.excess_h, h.first_at, h.last_at, b.customers as broke_down_for
from held_up as h full join broken as b on b.operation = h.operation
order by coalesce(b.customers, 0) desc, h.customers desc, operation
limit 30
