-- A case that was said to be resolved is open again.
-- grain: the event that opens it again
-- scope: customer
-- window: 90 days
-- roles: resolved reopened terminal
-- opens: reopened
-- unit: ms
-- subject: case
-- It lasts until the case, else the flow, is resolved anew or at its end. The value is the time from the resolution before to the return.
with taking_part as (
    select
        customer_id, key, occurred_at, place, case_id, has(roles, 'reopened') as is_opening, coalesce(case_id, correlation_id) as flow
    from touchpoints where has(roles, 'resolved') or has(roles, 'reopened') or has(roles, 'terminal')
),
followed as (
    select
        o.customer_id, o.key, o.occurred_at, o.case_id,
        min(e.occurred_at) filter (where e.place > o.place) as over_at,
        arg_max(e.key, e.place) filter (where e.place < o.place) as resolved_by,
        max(e.occurred_at) filter (where e.place < o.place) as resolved_at
    from taking_part as o
    left join taking_part as e on e.customer_id = o.customer_id and e.flow is not distinct from o.flow and not e.is_opening
    where o.is_opening
    group by all
),
returned as (
    select *, resolved_at >= occurred_at - to_milliseconds($window) as is_known from followed
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when over_at <= occurred_at + to_milliseconds($window) then over_at end as until,
    case when is_known then epoch_ms(occurred_at) - epoch_ms(resolved_at) end as value, null::bigint as threshold,
    case when is_known then [key, resolved_by] else [key] end as evidence
from returned
