-- Who is more likely to leave than not, by the money that would be lost; currencies can't be compared, so they take turns. Grain: customer. Parameter: $most.
select customer_id, churn_risk, horizon_days, churn_reasons, revenue_at_risk_minor, currency
from mart.customers
where churn_risk >= 0.5
qualify basis = 'purchases' or not bool_or(basis = 'purchases') over ()  -- nobody bought: the risk is of no contact
order by row_number() over (partition by currency order by revenue_at_risk_minor desc nulls last, churn_risk desc, customer_id), currency nulls last
limit $most
