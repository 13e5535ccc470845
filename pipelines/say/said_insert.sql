-- said_insert: take in rows that the journal holds. Relation: incoming_said.
insert into internal.said
select
    seq, make_timestamp(said_us), make_timestamp(as_of_us), rule, subject_kind, subject_id, customer_id, "key", make_timestamp(since_us),
    make_timestamp(until_us), value, threshold, unit, state, severity, harm, site, stage, channel, team, operation, send, body
from incoming_said
