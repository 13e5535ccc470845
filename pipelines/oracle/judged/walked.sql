-- walked: what has been seen, with what its journey says of it, where that shows steps. Grain: key. Reads a snapshot, and `seen`.
-- `segment`, `client_type` and `context` are what the journey has named last, up to the step.
select
    t.* exclude (segment, client_type, context),
    case when s.journey is not null then 'j' || lpad(lower(hex(s.journey)), 16, '0') end as journey_id,
    s.position,
    s.previous_type,
    s.since_previous_ms,
    s.wait_ms,
    s.service_ms,
    s.desired_ms,
    s.adequate_ms,
    case
        when s.calendar is null then case when s.adequate_ms <> s.desired_ms then (s.adequate_ms - s.wait_ms)::double / (s.adequate_ms - s.desired_ms) end
        when s.business_adequate_ms <> s.business_desired_ms
            then (s.business_adequate_ms - s.business_wait_ms)::double / (s.business_adequate_ms - s.business_desired_ms)
    end as zone,
    case when s.journey is not null then last_value(t.segment ignore nulls) over so_far end as segment,
    case when s.journey is not null then last_value(t.client_type ignore nulls) over so_far end as client_type,
    case when s.journey is not null then last_value(t.context ignore nulls) over so_far end as context
from seen as t
left join internal.steps as s on s."key" = t."key"
window so_far as (partition by s.journey order by s.position rows between unbounded preceding and current row)
