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
followed as (
    select
        *,
        least(
            case when flow is not null then min(occurred_at) filter (where not is_opening) over later_of_flow end,
            case when flow is null then min(occurred_at) filter (where not is_opening) over later end,
            min(occurred_at) filter (where not is_opening and flow is null) over later
        ) as first_at
    from taking_part semi join (select customer_id from taking_part where is_opening) using (customer_id)
    window
        later_of_flow as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        later as (partition by customer_id order by place rows between 1 following and unbounded following)
),
closed as (
    select *, coalesce(adequate_ms, $within) as limit_ms, case when first_at <= occurred_at + to_milliseconds($window) then first_at end as closed_at
    from followed where is_opening
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds(limit_ms) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
