-- How do journeys go on from each step? Of all that follows a type: how often, and after how long.
select from_type, to_type, "count", "count" / sum("count") over (partition by from_type) as share, median_s / 60 as median_min, p90_s / 60 as p90_min
from mart.transitions
order by sum("count") over (partition by from_type) desc, from_type, "count" desc, to_type
