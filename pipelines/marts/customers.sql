-- customers: one row a customer: whole numbers from the steps, and the risk as it was estimated last.
select
    c.customer_id,
    case when c.known then 'known' else 'anonymous' end as kind,
    c.first_seen_at,
    c.last_seen_at,
    c.journey_count,
    c.purchase_count,
    c.purchase_days,
    c.last_purchase_on,
    c.contact_days,
    case when c.currency_count = 1 then c.spent_minor end as spent_minor,
    case when c.currency_count = 1 then c.currency end as currency,
    c.segment,
    c.client_type,
    c.open_complaints,
    c.failures,
    c.long_waits,
    s.churn_risk,
    s.horizon_days,
    s.basis,
    s.churn_reasons,
    s.revenue_at_risk_minor
from internal.customer_stats as c left join internal.scores as s on s.customer_id = c.customer_id
