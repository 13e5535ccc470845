-- deliveries: one row a message on a route.
select
    route,
    id,
    seq,
    make_timestamp(said_us) as said_at,
    nullif("key", '') as "key",
    nullif(rule, '') as rule,
    nullif(subject_kind, '') as subject_kind,
    nullif(subject_id, '') as subject_id,
    state,
    severity,
    status,
    nullif(reason, '') as reason,
    digest_id,
    attempts,
    case when status in ('waiting', 'held') then make_timestamp(next_us) end as next_at,
    make_timestamp(last_us) as last_at,
    http_status,
    detail
from internal.deliveries
