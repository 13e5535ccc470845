-- Where do customers go round in circles? Journeys in which the same type comes three times or more.
with repeated as (
    select journey_id, type, count(*) as times from mart.steps group by journey_id, type having count(*) >= 3
)
select type, count(*) as journeys, sum(times) as steps, max(times) as most
from repeated
group by type
order by journeys desc, type
limit 20
