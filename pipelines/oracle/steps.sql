-- steps: what the customer went through. Grain: (customer, rule, case_id, first_key, position); no steps of oversized journeys.
-- `pairs_found` holds, per (first_key, key), the waiting and the service that a pair shows. Parameter: $max_events.
with
counted as (
    select *, count(*) over (partition by customer, rule, case_id, first_key) as step_count
    from members
),
followed as (
    select
        counted.*,
        lag(type) over journey as previous_type,
        time_us - lag(end_us) over journey as since_previous_us,
        coalesce(counted.wait_ms, pairs_found.lifecycle_wait_ms, pairs_found.role_wait_ms) as step_wait_ms,
        coalesce(counted.service_ms, pairs_found.lifecycle_service_ms) as step_service_ms,
        pairs_found.open_wait,
        pairs_found.opener_position,
        last_value(segment ignore nulls) over so_far as known_segment,
        last_value(client_type ignore nulls) over so_far as known_client_type,
        last_value(context ignore nulls) over so_far as known_context
    from counted
    left join pairs_found using (customer, first_key, key)
    where step_count <= $max_events
    window
        journey as (partition by customer, rule, case_id, first_key order by position),
        so_far as (journey rows between unbounded preceding and current row)
),
-- The most specific zone of the stage, of those whose conditions all hold at the step.
zoned as (
    select
        followed.*, tolerance.desired_ms, tolerance.adequate_ms, tolerance.calendar, time_us - 1000 * greatest(coalesce(step_wait_ms, 0), 0) as begun_us
    from followed
    left join tolerance
        on tolerance.stage = followed.stage
        and (tolerance.segment is null or tolerance.segment = known_segment)
        and (tolerance.client_type is null or tolerance.client_type = known_client_type)
        and (tolerance.context is null or tolerance.context = known_context)
        and (tolerance.valid_from_us is null or tolerance.valid_from_us <= time_us)
    qualify row_number() over (
        partition by customer, first_key, followed.key
        order by conditions desc, valid_from_us desc nulls last, file_order
    ) = 1
),
-- A level in business time ends where so much open time has passed since the wait began; whole ms.
clocked as (
    select zoned.*, coalesce(h.before_us + least(begun_us, h.closes_us) - h.opens_us, 0) as clock_us
    from zoned asof left join open_hours as h on h.calendar = zoned.calendar and h.opens_us <= begun_us
),
leveled as (
    select
        c.* replace (
            case when c.calendar is null or desired_ms = 0 then desired_ms else (d.opens_us + clock_us + 1000 * desired_ms - d.before_us - begun_us + 999) // 1000 end
                as desired_ms,
            case when c.calendar is null then adequate_ms else (a.opens_us + clock_us + 1000 * (adequate_ms + 1) - a.before_us - begun_us + 999) // 1000 - 1 end
                as adequate_ms
        ),
        case when c.calendar is not null then (
            select sum(least(h.closes_us, c.time_us) - greatest(h.opens_us, c.begun_us)) // 1000
            from open_hours as h where h.calendar = c.calendar and h.opens_us < c.time_us and h.closes_us > c.begun_us
        ) end as open_ms,
        case when c.calendar is not null then desired_ms end as business_desired_ms,
        case when c.calendar is not null then adequate_ms end as business_adequate_ms
    from clocked as c
    asof left join open_hours as d on d.calendar = c.calendar and d.before_us < clock_us + 1000 * desired_ms
    asof left join open_hours as a on a.calendar = c.calendar and a.before_us < clock_us + 1000 * (adequate_ms + 1)
)
select
    customer, rule, case_id, first_key, position::integer as position,
    source, event_id, key, time_us as occurred_us, type, stage, channel, site,
    previous_type, case when since_previous_us < 0 then 0 else since_previous_us // 1000 end as since_previous_ms, step_wait_ms as wait_ms, step_service_ms as service_ms, opener_position,
    case when step_wait_ms is not null and calendar is not null then coalesce(open_ms, 0) end as business_wait_ms,
    case
        when calendar is null then case when adequate_ms <> desired_ms then (adequate_ms - step_wait_ms)::double / (adequate_ms - desired_ms)::double end
        when business_adequate_ms <> business_desired_ms
            then (business_adequate_ms - business_wait_ms)::double / (business_adequate_ms - business_desired_ms)::double
    end as zone,
    desired_ms, adequate_ms, open_wait, calendar, business_desired_ms, business_adequate_ms
from leveled
order by customer, rule, case_id, first_key, position
