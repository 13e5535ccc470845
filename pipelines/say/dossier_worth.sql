-- dossier_worth: what is at stake with customers, as it was estimated last. Grain: customer. Relation: asked(customer_id).
select customer_id, revenue_at_risk_minor, churn_risk, horizon_days, churn_reasons
from internal.scores
where customer_id in (select customer_id from asked) and revenue_at_risk_minor is not null and churn_risk is not null
