-- ended: what a route holds and need not hold any longer, with all that is held of the same alerts; and whether it was told before that they began.
with due as (
    select distinct key from deliveries indexed by by_status where route = :route and status = 'held' and next_us <= :now
)
select
    d.id,
    d.reason,
    d.notices,
    coalesce(
        (
            select t.state in ('opened', 'updated', 'unknown')
            from deliveries as t indexed by by_alert
            where t.route = d.route and t.key = d.key and t.status not in ('held', 'dropped')
            order by t.seq desc
            limit 1
        ), 0
    ) as begun
from due cross join deliveries as d indexed by by_alert on d.route = :route and d.key = due.key
where d.status = 'held'
order by d.seq
