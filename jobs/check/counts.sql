-- the journal has as many events, conflicting copies and dead letters as were counted
with
facts as (select key from touchpoints union all select key from operations),
held as (
    select 'accepted' as name, count(distinct key) as n from facts
    union all select 'conflicts', count(*) - count(distinct key) from facts
    union all select 'dead_letters', count(*) from dead_letters
)
select format('{}: {} in the journal, {} counted', name, held.n, coalesce(counted.n, 0)) as finding
from held left join (
    select if(name = 'dead_letters_expired', 'dead_letters', name) as name, sum(if(name = 'dead_letters_expired', -n, n)) as n from counters group by all
) as counted using (name)
where held.n <> coalesce(counted.n, 0)
