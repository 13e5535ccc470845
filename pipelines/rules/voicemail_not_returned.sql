-- A customer left a voice message, and nobody has reached them since.
-- grain: the event that leaves the message
-- scope: customer
-- window: 30 days
-- roles: answer_owed answered listened
-- unit: ms
-- subject: customer
-- setting: within = 1d
-- An answer in the same flow ends it, a mere attempt does not; where either event names no flow, any answer to the customer.
-- Which things are voice messages is said by the pairs of the journey map that `listened` closes.
with taking_part as (
    select s.customer_id, s.key, s.occurred_at, s.place, s.correlation_id as flow, p.name is not null and s.roles & p.opens <> 0 as is_opening
    from steps as s left join pairs as p on p.thing = s.thing and has(p.closes, 'listened')
    where has(s.roles, 'answered') or s.roles & p.opens <> 0
),
closed as (
    select o.customer_id, o.key, o.occurred_at, min(c.occurred_at) as closed_at
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening
    group by all
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds($within) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, $within as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
