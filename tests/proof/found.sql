-- found: what the rules returned in a simulated DIR, with the customers of the events that they give as evidence. Ids of events are unique in a simulated log.
with named as (
    select event_id, any_value(customer_id) as customer_id from mart.touchpoints group by event_id
),
shown as (
    select b.rule, b."key", unnest(b.evidence) as event_id from mart.breaches as b
),
whose as (
    select s.rule, s."key", list(n.customer_id) filter (where n.customer_id is not null) as customers
    from shown as s left join named as n on n.event_id = s.event_id
    group by s.rule, s."key"
)
select b.rule, b.customer_id, b.operation, b.team, b.since, b.until, b.evidence, coalesce(w.customers, []) as customers
from mart.breaches as b left join whose as w on w.rule = b.rule and w."key" = b."key"
order by b.rule, b."key"
