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
        o.customer_id, o.key, o.occurred_at, o.case_id,
        arg_max(e.is_hurt, e.place) filter (where e.place < o.place) as before_hurts,
        arg_max(e.key, e.place) filter (where e.place < o.place) as recovered_by,
        max(e.occurred_at) filter (where e.place < o.place) as recovered_at,
        arg_max(e.key, e.place) filter (where e.place < o.place and e.is_hurt) as hurt_by,
        max(e.occurred_at) filter (where e.place < o.place and e.is_hurt) as hurt_at,
        min(e.occurred_at) filter (where e.place > o.place and e.is_end) as ended_at
    from taking_part as o join taking_part as e on e.customer_id = o.customer_id and e.flow = o.flow
    where o.is_hurt
    group by all
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when ended_at <= occurred_at + to_milliseconds($window) then ended_at end as until,
    epoch_ms(occurred_at) - epoch_ms(recovered_at) as value, null::bigint as threshold, [key, recovered_by, hurt_by] as evidence
from followed
where not before_hurts and hurt_at >= occurred_at - to_milliseconds($window)
