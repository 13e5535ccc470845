-- customers are those of the journeys; a risk is a probability, and the anonymous have none
select format('customer {}', coalesce(c.customer_id, j.customer_id)) as finding
from mart.customers as c full join (select distinct customer_id from mart.journeys) as j using (customer_id)
where c.customer_id is null or j.customer_id is null or c.churn_risk < 0 or c.churn_risk > 1 or isnan(c.churn_risk) or (c.kind = 'anonymous' and c.churn_risk is not null)
order by finding
