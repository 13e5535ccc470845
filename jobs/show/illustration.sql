-- One journey that shows what waiting looks like: of those at risk whose last weeks held a wait beyond the adequate level, short enough to be read. Grain: journey.
select customer_id, journey_id
from mart.journeys as journey
join (select customer_id, churn_risk, revenue_at_risk_minor from mart.customers where churn_risk >= 0.5) using (customer_id)
join (select journey_id, count(*) filter (where zone < 0) as too_long, count(wait_s) as waits from mart.steps group by journey_id) using (journey_id)
where too_long > 0 and step_count between 6 and 12
order by too_long desc, waits desc, revenue_at_risk_minor desc nulls last, journey_id
limit 1
