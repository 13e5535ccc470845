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
        *,
        min(occurred_at) filter (where not is_opening) over later as over_at,
        last_value(case when not is_opening then key end ignore nulls) over earlier as resolved_by,
        last_value(case when not is_opening then occurred_at end ignore nulls) over earlier as resolved_at
    from taking_part
    window
        later as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        earlier as (partition by customer_id, flow order by place rows between unbounded preceding and 1 preceding)
),
returned as (
    select *, resolved_at >= occurred_at - to_milliseconds($window) as is_known from followed where is_opening
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when over_at <= occurred_at + to_milliseconds($window) then over_at end as until,
    case when is_known then epoch_ms(occurred_at) - epoch_ms(resolved_at) end as value, null::bigint as threshold,
    case when is_known then [key, resolved_by] else [key] end as evidence
from returned
