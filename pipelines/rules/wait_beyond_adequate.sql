-- A customer waits longer than the adequate level of the zone of tolerance, and waits still, or did until somebody came.
-- grain: the event that opens a wait
-- scope: customer
-- window: 90 days
-- roles: wait_opens wait_closes human_sought human_reached answer_owed listened attempt answered handoff_open accepted returned complaint acknowledged settled delivery_owed delivered cancelled refunded
-- unit: ms
-- apart: thing
-- subject: customer
-- What opens and closes a wait are the pairs of the journey map with `wait = true`. A wait is over with the first closing of its pair and flow that follows; where either event
-- names no flow, with the first in the same channel (pairs by journey: in any). The level is that of the opening step, or of the stage that the pair names.
with waits as (
    select
        p.*, row_number() over (order by p.name) as pair,
        (select min(t.adequate_ms) from tolerance as t where t.stage = p.stage) as least_ms
    from pairs as p where p.wait
),
taking_part as (
    select
        s.customer_id, s.key, s.occurred_at, s.place, p.pair, s.channel, s.adequate_ms,
        s.roles & p.opens <> 0 as is_opening, s.roles & p.closes <> 0 as is_closing,
        case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow,
        case when p.stage is null then s.adequate_ms else p.least_ms end as least_ms
    from steps as s join waits as p on p.thing = s.thing and s.roles & (p.opens | p.closes) <> 0
),
-- Of whom a flow is not over by the least level of any of its openings, or names none; nearly all are over, and need not be paired one by one. A level in business time
-- lasts at least as long by the clock.
slow as (
    select distinct customer_id, pair
    from taking_part group by customer_id, pair, flow
    having
        bool_or(is_opening and least_ms is not null) and not coalesce(
            flow is not null and max(place) filter (where is_opening) < min(place) filter (where is_closing)
            and min(epoch_us(occurred_at)) filter (where is_closing) <= min(epoch_us(occurred_at) + 1000 * least($window, least_ms)) filter (where is_opening),
            false
        )
),
followed as (
    select
        *,
        least(
            case when flow is not null then min(occurred_at) filter (where is_closing) over later_of_flow end,
            case when flow is null then min(occurred_at) filter (where is_closing) over later end,
            min(occurred_at) filter (where is_closing and flow is null) over later
        ) as first_at,
        case when first_at <= occurred_at + to_milliseconds($window) then first_at end as closed_at
    from (
        select t.*, case when w.key = 'journey' then '' else coalesce(t.channel, '') end as spot, w.name, w.stage as waits_in
        from taking_part as t semi join slow using (customer_id, pair) join waits as w using (pair)
    )
    window
        later_of_flow as (partition by customer_id, pair, flow order by place rows between 1 following and unbounded following),
        later as (partition by customer_id, pair, spot order by place rows between 1 following and unbounded following)
),
levels as (
    select
        f.key, f.name, epoch_us(f.occurred_at) as opened_us,
        arg_min({'ms': t.adequate_ms, 'calendar': t.calendar}, (-t.conditions, -coalesce(t.valid_from_us, -9223372036854775807), t.file_order)) as level
    from followed as f join steps as s on s.customer_id = f.customer_id and s.place = f.place
    join tolerance as t on t.stage = f.waits_in and coalesce(t.segment = s.segment, t.segment is null) and coalesce(t.client_type = s.client_type, t.client_type is null)
        and coalesce(t.context = s.context, t.context is null) and (t.valid_from_us is null or make_timestamp(t.valid_from_us) <= f.occurred_at)
    where f.is_opening
    group by f.key, f.name, f.occurred_at
),
-- A level in business time lasts until the first ms at which the calendar has been open for longer since the wait began.
started as (
    select l.key, l.name, l.opened_us, l.level, coalesce(h.before_us + least(l.opened_us, h.closes_us) - h.opens_us, 0) + 1000 * (l.level.ms + 1) as late_us
    from levels as l asof left join open_hours as h on h.calendar = l.level.calendar and h.opens_us <= l.opened_us
),
limits as (
    select
        s.key, s.name,
        case when s.level.calendar is null then s.level.ms else (h.opens_us + s.late_us - h.before_us - s.opened_us + 999) // 1000 - 1 end as adequate_ms
    from started as s asof left join open_hours as h on h.calendar = s.level.calendar and h.before_us < s.late_us
),
judged as (
    select o.*, case when o.waits_in is null then o.adequate_ms else v.adequate_ms end as limit_ms
    from followed as o left join limits as v on v.key = o.key and v.name = o.name
    where o.is_opening
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at,
    occurred_at + to_milliseconds(limit_ms) as since, closed_at as until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] as evidence
from judged
where limit_ms is not null and (closed_at is null or closed_at > since)
qualify row_number() over (partition by key order by limit_ms, name) = 1
