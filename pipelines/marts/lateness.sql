-- lateness: one row a source. Wilson's interval at 95 %, z² = 3.8414588206941.
with shares as (
    select *, late::double / events as p, 3.8414588206941::double as zz, 1.959963984540054::double as z from internal.feeds where events > 0
)
select
    source,
    events,
    late,
    p as share,
    case when late = 0 then 0 else (p + zz / 2 / events - z * sqrt((p * (1 - p) + zz / 4 / events) / events)) / (1 + zz / events) end as share_low,
    case when late = events then 1 else (p + zz / 2 / events + z * sqrt((p * (1 - p) + zz / 4 / events) / events)) / (1 + zz / events) end as share_high
from shares
