-- due: what a route may send now, the oldest wish first; nothing about an alert before what was said of it earlier has arrived or was given up.
select d.id, d.seq, d.attempts, d.notices, d.let_us
from deliveries as d
where
    d.route = :route and d.status = 'waiting' and d.next_us <= :now
    and not exists (
        select 1 from deliveries as e
        where e.route = d.route and e.key = d.key and e.key <> '' and e.seq < d.seq and e.status in ('waiting', 'held', 'in_digest')
    )
order by d.next_us, d.seq
limit :most
