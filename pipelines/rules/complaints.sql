-- A customer complained.
-- grain: the event that files the complaint
-- scope: customer
-- window: 90 days
-- roles: complaint acknowledged settled recovery_acknowledged
-- opens: complaint
-- unit: ms
-- kind: record
-- subject: complaint
-- It is open until it is settled: by the first such event of the same case, else flow; where either names none, of the customer. The value is the time until it was first acknowledged or settled.
-- Evidence: the complaint, what acknowledged it, what settled it.
with taking_part as (
    select
        customer_id, key, occurred_at, place, has(roles, 'complaint') as is_opening, has(roles, 'settled') as is_end, coalesce(case_id, correlation_id) as flow
    from touchpoints
),
followed as (
    select
        *,
        least(
            case when flow is not null then min(place) filter (where not is_opening) over later_of_flow end,
            case when flow is null then min(place) filter (where not is_opening) over later end,
            min(place) filter (where not is_opening and flow is null) over later
        ) as heard_place,
        least(
            case when flow is not null then min(place) filter (where is_end) over later_of_flow end,
            case when flow is null then min(place) filter (where is_end) over later end,
            min(place) filter (where is_end and flow is null) over later
        ) as end_place
    from taking_part
    window
        later_of_flow as (partition by customer_id, flow order by place rows between 1 following and unbounded following),
        later as (partition by customer_id order by place rows between 1 following and unbounded following)
),
closed as (
    select o.*, h.occurred_at as heard_at, h.key as heard_by, e.occurred_at as ended_at, e.key as ended_by
    from followed as o
    left join taking_part as h on h.customer_id = o.customer_id and h.place = o.heard_place and h.occurred_at <= o.occurred_at + to_milliseconds($window)
    left join taking_part as e on e.customer_id = o.customer_id and e.place = o.end_place and e.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening
)
select
    customer_id, 'complaint' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since, ended_at as until,
    epoch_ms(heard_at) - epoch_ms(occurred_at) as value, null::bigint as threshold,
    list_filter([key, heard_by, case when ended_by <> heard_by then ended_by end], lambda shown: shown is not null) as evidence
from closed
