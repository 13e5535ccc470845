-- The company made a promise.
-- grain: the event that makes the promise
-- scope: customer
-- window: 90 days
-- roles: promised kept withdrawn
-- opens: promised
-- unit: ms
-- kind: record
-- apart: thing
-- subject: promise
-- It is open until it is kept or withdrawn (paired as in promise_broken). The threshold is the time that it gave, the value the time that it took. Evidence: the promise, then what ends it.
with taking_part as (
    select customer_id, key, occurred_at, place, promise_due_at, has(roles, 'promised') as is_opening, coalesce(correlation_id, case_id) as flow
    from touchpoints where has(roles, 'promised') or has(roles, 'kept') or has(roles, 'withdrawn')
),
closed as (
    select o.customer_id, o.key, o.occurred_at, o.promise_due_at, min(c.occurred_at) as closed_at, arg_min(c.key, c.place) as closed_by
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and not c.is_opening and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening
    group by all
)
select
    customer_id, 'promise' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, epoch_ms(promise_due_at) - epoch_ms(occurred_at) as threshold,
    case when closed_by is null then [key] else [key, closed_by] end as evidence
from closed
