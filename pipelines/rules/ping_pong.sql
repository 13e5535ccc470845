-- A case, or a call, came back to the team that had passed it on.
-- grain: the move away from the team
-- scope: customer
-- window: 30 days
-- roles: handoff assigned human accepted progress answered resolved terminal
-- opens: handoff
-- unit: count
-- subject: case
-- A move says by its team who has it from then on; before the first move it is the team that was assigned, or spoke with the customer. A → B → A opens it, with the move to B; what goes on to and fro after that
-- is the same one. It ends with progress that the customer can see, an answer, or the end of the case.
with taking_part as (
    select
        customer_id, key, occurred_at, place, case_id, team, has(roles, 'handoff') as is_move,
        has(roles, 'progress') or has(roles, 'answered') or has(roles, 'resolved') or has(roles, 'terminal') as is_end,
        coalesce(case_id, correlation_id) as flow
    from touchpoints where case_id is not null or correlation_id is not null
),
-- Matters of which a move gives one to a team that had it before; in others nothing comes back.
passed_on as (
    select distinct m.customer_id, m.flow
    from taking_part as m
    semi join taking_part as e on e.customer_id = m.customer_id and e.flow = m.flow and e.team = m.team and e.place < m.place
    where m.is_move
),
held as (
    select
        t.*,
        last_value(team ignore nulls) over earlier as held_by,
        last_value(case when team is not null then occurred_at end ignore nulls) over earlier as held_at,
        last_value(case when is_move then team end ignore nulls) over earlier as moved_to,
        last_value(case when is_move then occurred_at end ignore nulls) over earlier as moved_at,
        min(occurred_at) filter (where is_end) over (partition by customer_id, flow order by place rows between 1 following and unbounded following) as ended_at
    from taking_part as t semi join passed_on using (customer_id, flow)
    window earlier as (partition by customer_id, flow order by place rows between unbounded preceding and 1 preceding)
),
moves as (
    select
        *,
        case when occurred_at <= moved_at + to_milliseconds($window) then moved_to when occurred_at <= held_at + to_milliseconds($window) then held_by end as came_from
    from held where is_move and team is not null
),
returns as (
    select
        customer_id, flow, case_id, place, occurred_at as since, lag(key) over flow as opening_key, key as closing_key, lag(occurred_at) over flow as opened_at, ended_at,
        coalesce(lag(came_from) over flow = team and lag(team) over flow <> team and occurred_at <= lag(occurred_at) over flow + to_milliseconds($window), false) as is_back
    from moves
    window flow as (partition by customer_id, flow order by place)
),
first_returns as (
    select
        *, coalesce(lag(is_back) over (partition by customer_id, flow order by place), false) as was_back,
        1 + count(*) over (partition by customer_id, flow order by since range between current row and to_milliseconds($window) following) as value
    from returns
)
select
    customer_id, case when case_id is null then 'customer' else 'case' end as subject_kind, coalesce(case_id, customer_id) as subject_id,
    opening_key, opened_at, since, case when ended_at <= opened_at + to_milliseconds($window) then ended_at end as until,
    value, 2 as threshold, [opening_key, closing_key] as evidence
from first_returns
where is_back and not was_back
