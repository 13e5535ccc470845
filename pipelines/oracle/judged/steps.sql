-- steps: the touchpoints that are steps of a journey, with what the journey says of them. Grain: key. Reads a snapshot, and `touchpoints` as rules see it.
-- `segment`, `client_type` and `context` are what the journey has named last, up to the step.
select
    t.* exclude (segment, client_type, context),
    'j' || lpad(lower(hex(s.journey)), 16, '0') as journey_id,
    s.position,
    s.previous_type,
    s.since_previous_ms,
    s.wait_ms,
    s.service_ms,
    s.desired_ms,
    s.adequate_ms,
    case when s.adequate_ms <> s.desired_ms then (s.adequate_ms - s.wait_ms)::double / (s.adequate_ms - s.desired_ms) end as zone,
    last_value(t.segment ignore nulls) over so_far as segment,
    last_value(t.client_type ignore nulls) over so_far as client_type,
    last_value(t.context ignore nulls) over so_far as context
from touchpoints as t
join internal.steps as s on s."key" = t."key"
window so_far as (partition by s.journey order by s.position rows between unbounded preceding and current row)
