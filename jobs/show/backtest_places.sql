-- places: where the breaches were opened, the most frequent first.
select stage, channel, site, count(*) as breaches, count(distinct customer_id) as customers, count_if(until is null) as holding
from mart.breaches group by stage, channel, site
order by breaches desc, stage, channel, site limit 10
