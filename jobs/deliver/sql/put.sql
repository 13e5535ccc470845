-- put: a new delivery; one that is there already stays as it is.
insert into deliveries (
    id, route, seq, said_us, key, rule, subject_kind, subject_id, state, severity, grouping, status, reason, next_us, let_us, digest_id, notices
)
values (
    :id, :route, :seq, :said_us, :key, :rule, :subject_kind, :subject_id, :state, :severity, :grouping, :status, :reason, :next_us, :let_us, null,
    :notices
)
on conflict do nothing
