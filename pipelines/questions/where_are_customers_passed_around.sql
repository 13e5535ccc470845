-- Where are customers passed around? Who hands over to whom, how often it comes back, and how long customers lie between two teams.
select coalesce(from_team, '?') as from_team, coalesce(to_team, '?') as to_team, stage, count(*) as handoffs, count_if(outcome = 'returned') as returned,
    count_if(outcome = 'open') as open_now, median(wait_s) / 3600 as median_h, quantile_cont(wait_s, 0.9) / 3600 as p90_h
from mart.handoffs
group by all
order by handoffs desc, from_team, to_team, stage
limit 30
