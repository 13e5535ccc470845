-- reused_ids: a few of the ids that a source gave to events of another time, case or customer. One row. Relation: repeated(h), of id_hashes.sql.
select list(distinct k.source || ' ' || s.event_id order by k.source || ' ' || s.event_id)[:5] as examples
from internal.step_rows as s join internal.kinds as k on k.kind = s.kind
where hash(k.source, s.event_id) in (select h from repeated)
