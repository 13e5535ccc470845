-- A promise was not kept when it was due, and is not kept or withdrawn yet, or was late.
-- grain: the event that makes the promise
-- scope: customer
-- window: 90 days
-- roles: promised kept withdrawn
-- opens: promised
-- unit: ms
-- apart: thing
-- subject: promise
-- A promise is over with the first event of the same flow (correlation, else case) that keeps or withdraws it; where either event names no flow, with the first of the customer.
-- One without a due time is never late.
with taking_part as (
    select customer_id, key, occurred_at, place, promise_due_at, has(roles, 'promised') as is_opening, coalesce(correlation_id, case_id) as flow
    from touchpoints where has(roles, 'promised') or has(roles, 'kept') or has(roles, 'withdrawn')
),
closed as (
    select o.customer_id, o.key, o.occurred_at, o.promise_due_at, min(c.occurred_at) as closed_at
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening and o.promise_due_at is not null
    group by all
)
select
    customer_id, 'promise' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at,
    greatest(promise_due_at, occurred_at) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, epoch_ms(since) - epoch_ms(occurred_at) as threshold, [key] as evidence
from closed
where closed_at is null or closed_at > since
