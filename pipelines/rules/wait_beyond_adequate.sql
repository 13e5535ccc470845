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
closings as (
    select
        s.customer_id, s.occurred_at, s.place, p.pair, p.key = 'journey' as is_anywhere, s.channel, case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow
    from steps as s join waits as p on p.thing = s.thing and s.roles & p.closes <> 0
),
openings as (
    select
        s.customer_id, s.key, s.occurred_at, s.place, s.adequate_ms, s.segment, s.client_type, s.context, s.channel, p.pair, p.name, p.stage as waits_in,
        case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow,
        case when p.stage is null then s.adequate_ms else p.least_ms end as least_ms
    from steps as s join waits as p on p.thing = s.thing and s.roles & p.opens <> 0
),
-- Of which the flow is not over by the least level that it may have, or that name none; nearly all are over. A level in business time lasts at least as long by the clock.
slow as (
    select o.*
    from openings as o
    anti join closings as c on c.customer_id = o.customer_id and c.pair = o.pair and c.flow = o.flow
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds(least($window, o.least_ms))
    where o.least_ms is not null
),
followed as (
    select
        o.key, o.pair, o.customer_id, o.occurred_at, o.adequate_ms, o.segment, o.client_type, o.context, o.name, o.waits_in, min(c.occurred_at) as closed_at
    from slow as o
    left join (from closings semi join slow using (customer_id, pair)) as c on c.customer_id = o.customer_id and c.pair = o.pair
        and coalesce(c.flow = o.flow, c.is_anywhere or coalesce(c.channel, '') = coalesce(o.channel, ''))
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    group by all
),
levels as (
    select
        f.key, f.name, epoch_us(f.occurred_at) as opened_us,
        arg_min({'ms': t.adequate_ms, 'calendar': t.calendar}, (-t.conditions, -coalesce(t.valid_from_us, -9223372036854775807), t.file_order)) as level
    from followed as f
    join tolerance as t on t.stage = f.waits_in and coalesce(t.segment = f.segment, t.segment is null) and coalesce(t.client_type = f.client_type, t.client_type is null)
        and coalesce(t.context = f.context, t.context is null) and (t.valid_from_us is null or make_timestamp(t.valid_from_us) <= f.occurred_at)
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
    select o.*, case when o.waits_in is null then o.adequate_ms else v.adequate_ms end as limit_ms, o.occurred_at + to_milliseconds(limit_ms) as since
    from followed as o left join limits as v on v.key = o.key and v.name = o.name
    where limit_ms is not null and (o.closed_at is null or o.closed_at > since)
)
-- Of several pairs that an event opens, the one that is late first.
select
    j.customer_id, 'customer' as subject_kind, j.customer_id as subject_id, j.key as opening_key, j.occurred_at as opened_at, j.since, j.closed_at as until,
    epoch_ms(j.closed_at) - epoch_ms(j.occurred_at) as value, j.limit_ms as threshold, [j.key] as evidence
from judged as j anti join judged as b on b.key = j.key and (b.limit_ms < j.limit_ms or b.limit_ms = j.limit_ms and b.name < j.name)
