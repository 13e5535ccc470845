-- journeys: one row a journey. Times: UTC event time.
select
    'j' || lpad(lower(hex(journey)), 16, '0') as journey_id,
    customer_id,
    case_id,
    started_at,
    ended_at,
    status,
    step_count,
    lpad(lower(hex(variant)), 16, '0') as variant,
    (epoch_us(ended_at) - epoch_us(started_at)) / 1e6::double as duration_s,
    segment,
    client_type,
    known as is_known,
    revision
from internal.journey_states
