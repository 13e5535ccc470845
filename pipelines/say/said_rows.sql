-- said_rows: what was said last of keys whose interval is gone. Grain: key. Relation: internal.said. Relation asked(seq).
select
    "key", rule, unit, customer_id, subject_kind, subject_id, epoch_us(since) as since_us, epoch_us(until) as until_us, value, threshold, harm,
    stage, channel, site, team, operation
from internal.said
where seq in (select seq from asked) and seq between $lo and $hi
