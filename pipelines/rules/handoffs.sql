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
moves as (
    from taking_part where is_move or is_request
),
closed as (
    select o.key, min(c.occurred_at) as first_at, arg_min(c.key, c.place) as closed_by, arg_min(coalesce(c.team, ''), c.place) as taken_by
    from moves as o
    join taking_part as c on c.customer_id = o.customer_id and c.flow = o.flow and c.is_closing and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    group by o.key
),
held as (
    select o.key, arg_max(e.team, e.place) as came_from
    from moves as o
    join taking_part as e on e.customer_id = o.customer_id and e.matter = o.matter and e.team is not null and e.place < o.place
        and e.occurred_at >= o.occurred_at - to_milliseconds($window)
    group by o.key
),
ended as (
    select m.*, c.first_at, c.closed_by, c.taken_by, c.key is not null as is_over, h.came_from
    from moves as m left join closed as c on c.key = m.key left join held as h on h.key = m.key
)
select
    customer_id, 'handoff' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since,
    case when is_move then occurred_at when is_over then first_at end as until,
    case when is_move then 0 when is_over then epoch_ms(first_at) - epoch_ms(occurred_at) end as value, null::bigint as threshold,
    case when not is_move and is_over then [key, closed_by] else [key] end as evidence,
    case when is_move then came_from else coalesce(team, came_from) end as team,
    case when is_move then team when is_over then nullif(taken_by, '') end as operation
from ended
