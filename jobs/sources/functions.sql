-- Functions that a mapping may not use (kind changing: their value differs from run to run), and those that look at many rows (kind aggregate).
-- Grain: name and kind. `error` is marked volatile only so that it is not folded away.
select distinct lower(function_name) as name, 'changing' as kind
from duckdb_functions()
where stability <> 'CONSISTENT' and function_type = 'scalar' and function_name <> 'error'
union all
select distinct lower(function_name), 'aggregate'
from duckdb_functions()
where function_type = 'aggregate'
    and function_name not in (select function_name from duckdb_functions() where function_type in ('scalar', 'macro'))
