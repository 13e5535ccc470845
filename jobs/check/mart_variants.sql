-- every journey that is not oversized has one variant
select format('variant {}: {} journeys, {} counted', coalesce(journeys.variant_id, counted.variant_id), coalesce(held, 0), coalesce(counted.count, 0)) as finding
from (select variant as variant_id, count(*) as held from mart.journeys where status <> 'oversized' group by variant) as journeys
full join mart.variants as counted using (variant_id)
where held is distinct from counted.count
order by finding
