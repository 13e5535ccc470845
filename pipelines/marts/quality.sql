-- quality: one row a check or a count of the input.
select name, n, null::varchar[] as examples from internal.counters
union all
select 'balance', coalesce(sum(case name when 'read' then n else -n end), 0)::bigint, null
from internal.counters where name in ('read', 'accepted', 'duplicates', 'dead_letters', 'skipped')
union all
select name, n, examples from internal.findings
