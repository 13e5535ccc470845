-- breaches: one row an interval of a rule that began by as_of; one that ends after it has no end yet. Times: UTC event time.
select
    i.rule,
    i.subject_kind,
    i.subject_id,
    lpad(lower(hex(i."key")), 16, '0') as "key",
    i.since,
    case when i.until <= p.as_of then i.until end as until,
    i.value,
    i.threshold,
    i.unit,
    i.evidence,
    i.opened_at,
    'j' || lpad(lower(hex(i.journey)), 16, '0') as journey_id,
    i.customer_id,
    i.stage,
    i.channel,
    i.site,
    i.team,
    i.operation
from internal.intervals as i cross join internal.publication as p
where not i.record and i.since <= p.as_of
