-- said_last: the last thing that was said of an alert, as a row of the journal. Relation: internal.said. Parameter: $key.
select
    seq, epoch_us(said_at) as said_us, epoch_us(as_of) as as_of_us, rule, subject_kind, subject_id, customer_id, "key", epoch_us(since) as since_us,
    epoch_us(until) as until_us, value, threshold, unit, state, severity, harm, site, stage, channel, team, operation, send, body
from internal.said where "key" = $key order by seq desc limit 1
