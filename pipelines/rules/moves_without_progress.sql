-- A case, or a call, was passed on again and again, and the customer saw nothing of it get on.
-- grain: the first of the moves
-- scope: customer
-- window: 30 days
-- roles: handoff progress answered
-- opens: handoff
-- unit: count
-- subject: case
-- setting: moves = 3
-- Moves are counted within one case, else flow, and within the window; an answer or progress that the customer can see ends the stretch. Of moves that go on, the first that counts opens it.
with taking_part as (
    select customer_id, key, occurred_at, place, case_id, has(roles, 'handoff') as is_move, coalesce(case_id, correlation_id) as flow
    from touchpoints where has(roles, 'handoff') or has(roles, 'progress') or has(roles, 'answered')
),
passed_on as (
    select customer_id, flow from taking_part where is_move group by customer_id, flow having count(*) >= $moves
),
stretches as (
    select
        *,
        count_if(not is_move) over (partition by customer_id, flow order by place) as stretch,
        min(occurred_at) filter (where not is_move) over (partition by customer_id, flow order by place rows between 1 following and unbounded following) as progress_at
    from taking_part as t semi join passed_on as p on p.customer_id = t.customer_id and p.flow is not distinct from t.flow
),
moves as (
    select
        *,
        lead(occurred_at, $moves - 1) over stretch as since,
        lead(occurred_at, $moves - 2) over stretch as last_but_one_at,
        lag(occurred_at) over stretch as before_at,
        list(key) over (stretch rows between current row and $moves - 1 following) as evidence,
        count(*) over (
            partition by customer_id, flow, stretch order by occurred_at range between current row and to_milliseconds($window) following
        ) as value
    from stretches where is_move
    window stretch as (partition by customer_id, flow, stretch order by place)
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    key as opening_key, occurred_at as opened_at, since,
    case when progress_at <= occurred_at + to_milliseconds($window) then progress_at end as until, value, $moves as threshold, evidence
from moves
where since <= occurred_at + to_milliseconds($window) and (before_at is null or last_but_one_at > before_at + to_milliseconds($window))
