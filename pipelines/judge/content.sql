-- content: what stands for all that an interval says. Grain: interval, in the order given. Relation: told (columns of the journal's intervals).
select
    hash(
        rule, "key", record, unit, customer_id, subject_kind, subject_id, opened_us, since_us, until_us, value, threshold, evidence_keys, journey, stage, channel, site,
        team, operation
    ) as content
from told
