-- A customer waits longer than is adequate while work behind the line of visibility holds the wait up: that operation and its team are to be asked, not the desk.
-- grain: the event that opens the wait
-- scope: all
-- window: 90 days
-- roles: backstage wait_opens wait_closes human_sought human_reached answer_owed listened attempt answered handoff_open accepted returned complaint acknowledged settled delivery_owed delivered cancelled refunded
-- apart: wait
-- unit: ms
-- subject: customer
-- An operation holds a wait up whose opening event it names as its cause, or with which it shares a flow. It holds from the adequate level on (that of wait_beyond_adequate), as long as both
-- the wait and the work last. Of several operations it names the one that began first.
with causes as (
    select *, coalesce(correlation_id, causation_id) as operation, has(roles, 'work_ended') as is_end from operations
),
works as (
    select
        operation, causation_id, min(occurred_at) as begun_at, case when arg_max(is_end, place) then max(occurred_at) end as ended_at,
        arg_min(team, place) as team, list(key order by place) as shown_by
    from causes group by operation, causation_id
),
openings as (
    select
        s.key, s.event_id, s.case_id, s.correlation_id, s.customer_id, s.occurred_at, s.place, s.channel, s.adequate_ms, s.segment, s.client_type, s.context,
        p.name, p.stage as waits_in, p.key as paired_by
    from steps as s join pairs as p on p.thing = s.thing and p.wait and s.roles & p.opens <> 0
),
held_up as (
    select o.key, o.name, w.operation, w.begun_at, w.ended_at, w.team as owner, w.shown_by from openings as o join works as w on w.causation_id = o.event_id and w.begun_at between o.occurred_at - to_milliseconds($window) and o.occurred_at + to_milliseconds($window)
    union all
    select o.key, o.name, w.operation, w.begun_at, w.ended_at, w.team, w.shown_by from openings as o join works as w on w.causation_id is null and w.operation = o.correlation_id and w.begun_at between o.occurred_at - to_milliseconds($window) and o.occurred_at + to_milliseconds($window)
),
waits as (
    select
        *, case when paired_by = 'case' then coalesce(case_id, correlation_id) else correlation_id end as flow, case when paired_by = 'journey' then '' else coalesce(channel, '') end as spot
    from openings semi join (select key from held_up) using (key)
),
closings as (
    select
        s.customer_id, s.occurred_at, s.place, p.name, case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow,
        case when p.key = 'journey' then '' else coalesce(s.channel, '') end as spot
    from steps as s join pairs as p on p.thing = s.thing and p.wait and s.roles & p.closes <> 0
),
-- Joined apart, so that of who has many flows only what belongs together is compared.
ends as (
    select o.key, o.name, c.occurred_at
    from waits as o join closings as c on c.customer_id = o.customer_id and c.name = o.name and c.flow = o.flow
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    union all
    select o.key, o.name, c.occurred_at
    from (from waits where flow is null) as o join closings as c on c.customer_id = o.customer_id and c.name = o.name and c.spot = o.spot
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    union all
    select o.key, o.name, c.occurred_at
    from waits as o join (from closings where flow is null) as c on c.customer_id = o.customer_id and c.name = o.name and c.spot = o.spot
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
),
followed as (
    select w.*, e.closed_at from waits as w left join (select key, name, min(occurred_at) as closed_at from ends group by key, name) as e on e.key = w.key and e.name = w.name
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
    select
        f.customer_id, f.key, f.name, f.occurred_at, f.closed_at, h.operation, h.owner, h.begun_at, h.shown_by,
        case when f.waits_in is null then f.adequate_ms else v.adequate_ms end as limit_ms,
        greatest(f.occurred_at + to_milliseconds(limit_ms), h.begun_at) as since, least(f.closed_at, h.ended_at) as until
    from followed as f left join limits as v on v.key = f.key and v.name = f.name join held_up as h on h.key = f.key and h.name = f.name
)
select
    customer_id, 'customer' as subject_kind, customer_id as subject_id, key as opening_key, occurred_at as opened_at, since, until,
    epoch_ms(closed_at) - epoch_ms(occurred_at) as value, limit_ms as threshold, [key] || shown_by as evidence, operation, owner as team
from judged
where limit_ms is not null and (until is null or until > since) and since <= occurred_at + to_milliseconds($window)
qualify row_number() over (partition by key order by begun_at, operation, name) = 1
