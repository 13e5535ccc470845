-- where copies of an event differ, the later ones are marked
select format('{} of {}: {} copies', any_value(event_id), any_value(source), count(*)) as finding
from (select key, source, event_id, disputed from touchpoints union all select key, source, event_id, disputed from operations)
group by key
having count(*) > 1 and not bool_or(disputed)
order by finding
