-- cooled: when a route last let an opening of a group go.
select let_us
from deliveries indexed by by_group
where route = :route and grouping = :grouping and state = 'opened' and let_us is not null and status <> 'dropped'
order by let_us desc
limit 1
