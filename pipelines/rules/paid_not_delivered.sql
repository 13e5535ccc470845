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
-- Of which the flow was not over in time, or that name none; nearly all are over.
slow as (
    select o.*
    from taking_part as o
    anti join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and c.flow = o.flow
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds(least($within, $window))
    where o.is_opening
),
closed as (
    select o.customer_id, o.key, o.occurred_at, o.case_id, min(c.occurred_at) as closed_at
    from slow as o
    left join (from taking_part semi join slow using (customer_id)) as c on c.customer_id = o.customer_id and not c.is_opening and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    group by all
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds($within) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, $within as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
