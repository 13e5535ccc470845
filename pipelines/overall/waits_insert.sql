-- waits_insert: events that may open or close a wait, by what the map says of their type, and copies that differ. Relations: incoming_touchpoints,
-- waiting(type, channel, opens, closes).
insert into internal.waits
select
    f."key", f.content, f.disputed, f.time_us, f.sequence, hash(f.customer_id), hash(f.event_id),
    case when f.correlation_id is not null then hash(f.correlation_id) end,
    case when f.case_id is not null and f.kind = 0 then hash(f.case_id) when f.correlation_id is not null then hash(f.correlation_id) end,
    f.correlation_id, coalesce(w.opens, 0), coalesce(w.closes, 0)
from incoming_touchpoints as f left join waiting as w on w.type = f.type and w.channel is not distinct from f.channel
where f.kind <= 1 and (w.type is not null or f.disputed)
