-- business_waits: waits in calendar time and in business time, side by side. Grain: step that ends a wait, where its zone of tolerance counts by a calendar.
select
    'j' || lpad(lower(hex(s.journey)), 16, '0') as journey_id,
    s.position,
    s.occurred_at - to_milliseconds(s.wait_ms) as began_at,
    s.occurred_at as ended_at,
    s.type,
    s.stage,
    s.channel,
    s.site,
    s.calendar,
    s.wait_ms / 1e3::double as wait_s,
    s.business_wait_ms / 1e3::double as business_wait_s,
    mart.business_policy_now_s(s.calendar, s.occurred_at - to_milliseconds(s.wait_ms), s.occurred_at) as business_wait_policy_now_s,
    s.business_desired_ms / 1e3::double as business_desired_s,
    s.business_adequate_ms / 1e3::double as business_adequate_s,
    s.business_wait_ms > s.business_adequate_ms as is_below_adequate
from internal.steps as s
where s.calendar is not null and s.wait_ms is not null
