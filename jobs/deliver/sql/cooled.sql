-- cooled: when a route last let an opening of a group go.
select max(let_us) from deliveries where route = :route and grouping = :grouping and state = 'opened' and status <> 'dropped'
