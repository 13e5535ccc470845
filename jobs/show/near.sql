-- Ids that look like another one: those that contain it, then the most alike. Grain: customer. Parameter: $customer_id.
select customer_id
from (
    select distinct customer_id, contains(lower(customer_id), lower($customer_id)) as inside, jaro_winkler_similarity(lower(customer_id), lower($customer_id)) as alike
    from mart.journeys
)
where inside or alike > 0.7
order by inside desc, alike desc, customer_id
limit 5
