-- examples: the latest breaches.
select subject_kind, subject_id, customer_id, since, until, value, threshold, unit, evidence[1] as opened_by
from mart.breaches order by since desc, "key" limit 5
