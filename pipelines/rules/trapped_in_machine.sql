-- A customer asked for a person, and the machine keeps them.
-- grain: the event that asks for a person
-- scope: customer
-- window: 3 days
-- roles: human_sought human_reached human
-- opens: human_sought
-- unit: ms
-- subject: customer
-- setting: within = 5min
-- The level is the adequate one of the asking step's stage, else `within`. A person reached in the same flow in time prevents it; so does, where either event names no flow, any person
-- reached. Once it holds, it ends when the customer meets a person anywhere.
with taking_part as (
    select customer_id, key, occurred_at, place, adequate_ms, has(roles, 'human_sought') as is_opening, correlation_id as flow
    from steps where has(roles, 'human_sought') or has(roles, 'human_reached') or has(roles, 'human')
),
met as (
    select
        o.customer_id, o.key, o.occurred_at, coalesce(o.adequate_ms, $within) as limit_ms, o.occurred_at + to_milliseconds(limit_ms) as due_at,
        min(c.occurred_at) filter (where coalesce(c.flow = o.flow, true)) as reached_at,
        min(c.occurred_at) filter (
            where c.occurred_at > o.occurred_at + to_milliseconds(coalesce(o.adequate_ms, $within)) and c.occurred_at <= o.occurred_at + to_milliseconds($window)
        ) as met_at
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and c.place > o.place
    where o.is_opening
    group by all
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    due_at as since, met_at as until,
    epoch_ms(met_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from met
where reached_at is null or reached_at > due_at
