-- counts: how many of each status a route has.
select route, status, count(*) as n from deliveries group by route, status order by route, status
