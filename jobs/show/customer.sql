-- What the mart says of one customer. Grain: customer. Parameter: $customer_id.
select customer_id, kind, segment, client_type, purchase_count, currency, churn_risk, horizon_days, churn_reasons, revenue_at_risk_minor
from mart.customers where customer_id = $customer_id
