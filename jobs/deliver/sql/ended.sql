-- ended: what a route holds and need not hold any longer, with all that is held of the same alerts.
select d.id, d.reason, d.notices
from deliveries as d
where
    d.route = :route and d.status = 'held'
    and exists (select 1 from deliveries as e where e.route = d.route and e.key = d.key and e.status = 'held' and e.next_us <= :now)
order by d.seq
