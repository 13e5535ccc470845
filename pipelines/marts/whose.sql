-- whose: the customer of each journey, by a number that groups and joins for a fraction of what names cost: the least of their journeys. Grain: journey.
select j.journey, p.customer
from internal.journey_rows as j
join (select customer_id, min(journey) as customer from internal.journey_rows group by customer_id) as p on p.customer_id = j.customer_id
