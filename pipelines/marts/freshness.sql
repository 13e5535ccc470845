-- freshness: one row a partition and a source, how far this snapshot has come.
with places as (
    select 'partition' as kind, partition::varchar as name, seq as position from internal.folded
    union all
    select kind, name, position from internal.positions
)
select p.snapshot, p.as_of, p.published_at, coalesce(q.kind, 'mart') as kind, q.name, q.position
from internal.publication as p left join places as q on true
