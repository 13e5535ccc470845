-- Who is about to leave, why, and what would be lost? Those with most at stake first.
select customer_id, churn_risk, horizon_days, revenue_at_risk_minor, currency, segment, last_seen_at, churn_reasons
from mart.customers
where churn_risk is not null
order by revenue_at_risk_minor desc nulls last, churn_risk desc, customer_id
limit 50
