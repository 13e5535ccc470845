-- intervals: what a rule of one customer has returned, with its ids as texts. Grain: opening_key. Reads `returned` and `walked`.
select
    o.customer_id,
    r.subject_kind,
    case r.subject_kind when 'customer' then o.customer_id when 'case' then o.case_id when 'journey' then o.journey_id else o.event_id end as subject_id,
    r.opening_key, r.opened_at, r.since, r.until, r.value::bigint as value, r.threshold::bigint as threshold, r.evidence
from returned as r
left join walked as o on o."key" = r.opening_key
