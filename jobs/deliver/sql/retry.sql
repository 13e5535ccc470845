-- retry: a person wants dead letters sent again: these, or all of a route.
update deliveries
set status = 'waiting', next_us = :now, attempts = 0, weary = 0
where status = 'dead' and notices is not null and (:id is null or id = :id) and (:route is null or route = :route)
