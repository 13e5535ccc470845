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
followed as (
    select
        *,
        coalesce(adequate_ms, $within) as limit_ms,
        occurred_at + to_milliseconds(limit_ms) as due_at,
        least(
            case when flow is not null then min(occurred_at) filter (where not is_opening) over later_of_flow end,
            case when flow is null then min(occurred_at) filter (where not is_opening) over later end,
            min(occurred_at) filter (where not is_opening and flow is null) over later
        ) as reached_at
    from taking_part
    window
        later_of_flow as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        later as (partition by customer_id order by place rows between 1 following and unbounded following)
),
met as (
    select f.*, case when m.occurred_at <= f.occurred_at + to_milliseconds($window) then m.occurred_at end as met_at
    from followed as f
    asof left join (from taking_part where not is_opening) as m on m.customer_id = f.customer_id and m.occurred_at > f.due_at
    where f.is_opening and (f.reached_at is null or f.reached_at > f.due_at)
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    due_at as since, met_at as until,
    epoch_ms(met_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from met
