-- What to mend first? Time that customers lose beyond what is adequate, ranked by what is sure of it, with who answers for it.
select rank, cut, stage, channel, site, visits, customers, excess_s / 3600 as excess_h, excess_low / 3600 as at_least_h, threshold, owner
from mart.bottlenecks
where rank is not null
order by rank
limit 20
