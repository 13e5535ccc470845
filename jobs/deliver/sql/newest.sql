-- newest: what a snapshot shows: what is not over, then the newest.
select
    route, id, seq, said_us, key, rule, subject_kind, subject_id, state, severity, status, reason, digest_id, attempts, next_us, last_us, http_status,
    detail
from deliveries
order by status in ('waiting', 'held', 'in_digest', 'dead') desc, seq desc, route, id
limit :most
