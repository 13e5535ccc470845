-- A customer has paid, and has neither what was paid for nor the money back.
-- grain: the event that is paid by
-- scope: customer
-- window: 90 days
-- roles: delivery_owed delivered cancelled refunded
-- opens: delivery_owed
-- unit: ms
-- apart: thing
-- subject: case
-- setting: within = 7d
-- Delivered, cancelled or refunded is the first such event of the same case, else flow; where either names none, of the customer.
with taking_part as (
    select customer_id, key, occurred_at, place, case_id, has(roles, 'delivery_owed') as is_opening, coalesce(case_id, correlation_id) as flow
    from touchpoints where has(roles, 'delivery_owed') or has(roles, 'delivered') or has(roles, 'cancelled') or has(roles, 'refunded')
),
-- Who has paid in a flow that was not over in time, or in none; nearly all are over, and need not be paired one by one.
slow as (
    select distinct customer_id
    from taking_part group by customer_id, flow
    having
        bool_or(is_opening) and not coalesce(
            flow is not null and max(place) filter (where is_opening) < min(place) filter (where not is_opening)
            and min(occurred_at) filter (where not is_opening) <= min(occurred_at) filter (where is_opening) + to_milliseconds(least($within, $window)),
            false
        )
),
followed as (
    select
        *,
        least(
            case when flow is not null then min(occurred_at) filter (where not is_opening) over later_of_flow end,
            case when flow is null then min(occurred_at) filter (where not is_opening) over later end,
            min(occurred_at) filter (where not is_opening and flow is null) over later
        ) as first_at
    from taking_part semi join slow using (customer_id)
    window
        later_of_flow as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        later as (partition by customer_id order by place rows between 1 following and unbounded following)
),
closed as (
    select *, case when first_at <= occurred_at + to_milliseconds($window) then first_at end as closed_at
    from followed where is_opening
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds($within) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, $within as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
