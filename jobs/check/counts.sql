-- the journal has as many events, conflicting copies and dead letters as were counted
with
facts as (select key from touchpoints union all select key from operations),
held as (
    select 'accepted' as name, count(distinct key) as n from facts
    union all select 'conflicts', count(*) - count(distinct key) from facts
    union all select 'dead_letters', count(*) from dead_letters
)
select format('{}: {} in the journal, {} counted', name, held.n, coalesce(counters.n, 0)) as finding
from held left join counters using (name)
where held.n <> coalesce(counters.n, 0)
