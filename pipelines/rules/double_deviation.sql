-- What was made good has failed again: a failure, a complaint or a case opened anew after a recovery of the same matter.
-- grain: the event that shows that the recovery failed
-- scope: customer
-- window: 90 days
-- roles: failure complaint reopened recovery_action recovery_fixed recovery_confirmed settled
-- opens: failure complaint reopened
-- opens: recovery_action recovery_fixed recovery_confirmed settled
-- unit: ms
-- subject: case
-- The matter is the case, else the flow. A recovery counts from its first action on; an admission alone mends nothing. It lasts until the customer confirms that all is well, or the
-- complaint is settled. The value is the time that the recovery held.
with taking_part as (
    select
        customer_id, key, occurred_at, place, case_id,
        has(roles, 'failure') or has(roles, 'complaint') or has(roles, 'reopened') as is_hurt,
        has(roles, 'recovery_confirmed') or has(roles, 'settled') as is_end,
        coalesce(case_id, correlation_id) as flow
    from touchpoints
    where
        (case_id is not null or correlation_id is not null) and (
            has(roles, 'failure') or has(roles, 'complaint') or has(roles, 'reopened') or has(roles, 'recovery_action')
            or has(roles, 'recovery_fixed') or has(roles, 'recovery_confirmed') or has(roles, 'settled')
        )
),
followed as (
    select
        *,
        lag(is_hurt) over flow as before_hurts, lag(key) over flow as recovered_by, lag(occurred_at) over flow as recovered_at,
        last_value(case when is_hurt then key end ignore nulls) over earlier as hurt_by,
        last_value(case when is_hurt then occurred_at end ignore nulls) over earlier as hurt_at,
        min(occurred_at) filter (where is_end) over later as ended_at
    from taking_part
    window
        flow as (partition by customer_id, flow order by place),
        earlier as (flow rows between unbounded preceding and 1 preceding),
        later as (flow rows between 1 following and unbounded following)
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when ended_at <= occurred_at + to_milliseconds($window) then ended_at end as until,
    epoch_ms(occurred_at) - epoch_ms(recovered_at) as value, null::bigint as threshold, [key, recovered_by, hurt_by] as evidence
from followed
where is_hurt and not before_hurts and hurt_at >= occurred_at - to_milliseconds($window)
