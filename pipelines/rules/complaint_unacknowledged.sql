-- A customer complained, and nobody has told them that the complaint was heard.
-- grain: the event that files the complaint
-- scope: customer
-- window: 90 days
-- roles: complaint acknowledged settled recovery_acknowledged
-- opens: complaint
-- unit: ms
-- subject: complaint
-- setting: within = 1d
-- The level is the adequate one of the complaint's stage, else `within`. What acknowledges or settles it is of the same case, else flow; where either names none, of the customer.
with taking_part as (
    select
        customer_id, key, occurred_at, place, adequate_ms, has(roles, 'complaint') as is_opening, coalesce(case_id, correlation_id) as flow
    from steps
    where has(roles, 'complaint') or has(roles, 'acknowledged') or has(roles, 'settled') or has(roles, 'recovery_acknowledged')
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
    customer_id, 'complaint' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds(limit_ms) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
