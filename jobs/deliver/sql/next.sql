-- next: when there is something to do for a route.
select min(next_us) from deliveries where route = :route and status in ('waiting', 'held')
