-- reached: the number of the next thing to be said, and the instant of event time that was judged last. One row. Relation: internal.said.
select
    coalesce(max(seq), -1) + 1 as seq, coalesce(max(epoch_us(as_of)) filter (subject_kind <> 'pipeline'), -9223372036854775807) as as_of_us
from internal.said
