-- A voice message lies there and nobody has listened to it.
-- grain: the event that leaves the message
-- scope: customer
-- window: 30 days
-- roles: answer_owed listened answered
-- unit: ms
-- subject: customer
-- setting: within = 4h
-- The level is the adequate one of the message's stage, else `within`. Who was reached by an answer in the same flow needs nobody to listen any more.
-- Which things are listened to is said by the pairs of the journey map that `listened` closes.
with taking_part as (
    select s.customer_id, s.key, s.occurred_at, s.place, s.adequate_ms, s.correlation_id as flow, p.name is not null and s.roles & p.opens <> 0 as is_opening
    from steps as s left join pairs as p on p.thing = s.thing and has(p.closes, 'listened')
    where has(s.roles, 'listened') or has(s.roles, 'answered') and s.correlation_id is not null or s.roles & p.opens <> 0
),
closed as (
    select o.customer_id, o.key, o.occurred_at, coalesce(o.adequate_ms, $within) as limit_ms, min(c.occurred_at) as closed_at
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening
    group by all
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds(limit_ms) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
