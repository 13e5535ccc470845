-- calendars: when calendars are open. Grain: calendar, policy, open part of a UTC day. Times: UTC.
select calendar, policy, make_timestamp(opens_us) as opens_at, make_timestamp(closes_us) as closes_at
from internal.hours
where opens_us < closes_us
