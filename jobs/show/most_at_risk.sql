-- Who is more likely to leave than not, by the money that would be lost. Currencies can't be compared: each gives its first in turn, and they are shown one
-- after the other. Grain: customer. Parameter: $most.
with ranked as (
    select *, row_number() over (partition by currency order by revenue_at_risk_minor desc nulls last, churn_risk desc, customer_id) as place
    from mart.customers
    where churn_risk >= 0.5
    qualify basis = 'purchases' or not bool_or(basis = 'purchases') over ()  -- nobody bought: the risk is of no contact
)
select customer_id, churn_risk, horizon_days, churn_reasons, revenue_at_risk_minor, currency
from (from ranked order by place, currency nulls last limit $most)
order by currency nulls last, place
