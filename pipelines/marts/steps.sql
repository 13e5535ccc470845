-- steps: one row an event in a journey. Times: UTC event time; durations in seconds of calendar time, where they are not called business.
select
    'j' || lpad(lower(hex(journey)), 16, '0') as journey_id,
    position,
    source,
    event_id,
    occurred_at,
    type,
    stage,
    channel,
    site,
    actor_id,
    team,
    previous_type,
    since_previous_ms / 1e3::double as since_previous_s,
    wait_ms / 1e3::double as wait_s,
    service_ms / 1e3::double as service_s,
    opener_position,
    desired_ms / 1e3::double as desired_s,
    adequate_ms / 1e3::double as adequate_s,
    case
        when calendar is null then case when adequate_ms <> desired_ms then (adequate_ms - wait_ms)::double / (adequate_ms - desired_ms) end
        when business_adequate_ms <> business_desired_ms
            then (business_adequate_ms - business_wait_ms)::double / (business_adequate_ms - business_desired_ms)
    end as zone,
    (adequate_ms - wait_ms) / 1e3::double as margin_adequacy_s,
    (desired_ms - wait_ms) / 1e3::double as margin_superiority_s,
    calendar,
    business_wait_ms / 1e3::double as business_wait_s,
    business_desired_ms / 1e3::double as business_desired_s,
    business_adequate_ms / 1e3::double as business_adequate_s,
    roles,
    money_minor,
    split_part(money_kind, ' ', 1) as currency
from internal.steps
