-- list: deliveries, the newest first.
select
    id, route, seq, said_us, key, rule, subject_kind, subject_id, state, severity, status, reason, next_us, attempts, last_us, http_status, detail,
    digest_id
from deliveries
where (:status is null or status = :status) and (:route is null or route = :route)
order by seq desc, route, id
limit :most
