-- next: when there is something to do for a route. What waits for an earlier word about the same alert is not asked.
select min(next_us) as next_us
from (
    select * from (
        select d.next_us
        from deliveries as d
        where
            d.route = :route and d.status = 'waiting'
            and not exists (
                select 1 from deliveries as e
                where e.route = d.route and e.key = d.key and e.key <> '' and e.seq < d.seq and e.status in ('waiting', 'held', 'in_digest')
            )
        order by d.next_us
        limit 1
    )
    union all
    select * from (select next_us from deliveries where route = :route and status = 'held' order by next_us limit 1)
)
