-- A matter was passed on from one team to another, or is on its way there.
-- grain: the event that passes it on, or asks for that
-- scope: customer
-- window: 90 days
-- roles: handoff handoff_open accepted returned assigned human
-- opens: handoff handoff_open
-- unit: ms
-- kind: record
-- subject: handoff
-- A move is over at once; a hand-over that was asked for, when it is accepted or returned: by the first such event of the same flow (correlation, else case). `team` is who had it, `operation`
-- who gets it: the team of the move, or of the acceptance. Evidence: the event itself, then the one that ends it.
with taking_part as (
    select
        customer_id, key, occurred_at, place, team,
        has(roles, 'handoff') as is_move, has(roles, 'handoff_open') as is_request, has(roles, 'accepted') or has(roles, 'returned') as is_closing,
        coalesce(correlation_id, case_id) as flow, coalesce(case_id, correlation_id) as matter
    from touchpoints
),
followed as (
    select
        *,
        first_value(case when is_closing then occurred_at end ignore nulls) over later as first_at,
        first_value(case when is_closing then key end ignore nulls) over later as closed_by,
        first_value(case when is_closing then coalesce(team, '') end ignore nulls) over later as taken_by,
        last_value(team ignore nulls) over earlier as held_by,
        last_value(case when team is not null then occurred_at end ignore nulls) over earlier as held_at
    from taking_part
    window
        later as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        earlier as (partition by customer_id, matter order by place rows between unbounded preceding and 1 preceding)
),
ended as (
    select
        *,
        flow is not null and first_at <= occurred_at + to_milliseconds($window) as is_over,
        case when matter is not null and held_at >= occurred_at - to_milliseconds($window) then held_by end as came_from
    from followed where is_move or is_request
)
select
    customer_id, 'handoff' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when is_move then occurred_at when is_over then first_at end as until,
    case when is_move then 0 when is_over then epoch_ms(first_at) - epoch_ms(occurred_at) end as value, null::bigint as threshold,
    case when not is_move and is_over then [key, closed_by] else [key] end as evidence,
    case when is_move then came_from else coalesce(team, came_from) end as team,
    case when is_move then team when is_over then nullif(taken_by, '') end as operation
from ended
