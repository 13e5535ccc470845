-- The company set out to make good what had failed.
-- grain: the first failure or complaint of a matter that is followed by a recovery; a recovery of which no failure is known opens itself
-- scope: customer
-- window: 90 days
-- roles: failure complaint reopened recovery settled
-- opens: recovery
-- unit: ms
-- kind: record
-- subject: recovery
-- A matter is a case, else a flow. What fails again after a recovery has begun ends that one, and opens the next where that is followed by a recovery as well. It ends well with the customer's
-- confirmation or a settlement. The value is the time from its opening to the mending (`recovery_fixed`). Evidence: the opening, the first event of each stage, what ended it.
with taking_part as (
    select
        customer_id, key, occurred_at, place, roles, coalesce(case_id, correlation_id) as flow,
        has(roles, 'failure') or has(roles, 'complaint') or has(roles, 'reopened') as is_hurt
    from touchpoints where case_id is not null or correlation_id is not null
),
made_good as (
    select distinct customer_id, flow from taking_part where has(roles, 'recovery')
),
turned as (
    select
        *,
        coalesce(is_hurt and not lag(is_hurt) over flow, true) or occurred_at > lag(occurred_at) over flow + to_milliseconds($window) as is_turn
    from taking_part semi join made_good using (customer_id, flow)
    window flow as (partition by customer_id, flow order by place)
),
numbered as (
    select
        *,
        count_if(is_turn) over (partition by customer_id, flow order by place) as turn,
        first_value(case when is_turn and is_hurt then place end ignore nulls) over (partition by customer_id, flow order by place rows between 1 following and unbounded following) as next_place
    from turned
),
staged as (
    select
        customer_id, flow, turn, arg_min(key, place) as opening_key, min(occurred_at) as opened_at, arg_max(next_place, place) as next_place,
        arg_min(key, place) filter (where has(roles, 'recovery_acknowledged')) as acknowledged_by,
        arg_min(key, place) filter (where has(roles, 'recovery_owned')) as owned_by,
        arg_min(key, place) filter (where has(roles, 'recovery_action')) as acted_by,
        arg_min(key, place) filter (where has(roles, 'recovery_fixed')) as fixed_by,
        min(occurred_at) filter (where has(roles, 'recovery_fixed')) as fixed_at,
        arg_min(key, place) filter (where has(roles, 'recovery_confirmed') or has(roles, 'settled')) as ended_by,
        min(occurred_at) filter (where has(roles, 'recovery_confirmed') or has(roles, 'settled')) as ended_at
    from numbered group by customer_id, flow, turn
    having count_if(has(roles, 'recovery')) > 0
),
closed as (
    select
        s.*, f.key as failed_by, f.occurred_at as failed_at,
        [opening_key, acknowledged_by, owned_by, acted_by, fixed_by, coalesce(ended_by, failed_by)] as shown
    from staged as s
    left join taking_part as f on f.customer_id = s.customer_id and f.place = s.next_place and f.occurred_at <= s.opened_at + to_milliseconds($window)
)
select
    customer_id, 'recovery' as subject_kind, opening_key as subject_id, opening_key, opened_at, opened_at as since,
    coalesce(ended_at, failed_at) as until, epoch_ms(fixed_at) - epoch_ms(opened_at) as value, null::bigint as threshold,
    list_filter(shown, lambda event, nth: event is not null and list_position(shown, event) = nth) as evidence
from closed
