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
    select *, case when first_at <= occurred_at + to_milliseconds($window) then first_at end as closed_at
    from followed where is_opening
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds($within) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, $within as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
