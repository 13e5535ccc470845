-- functions: those whose value changes from run to run, which no rule may call; how the engine's own clock is read by type does not matter. Grain: name.
select distinct function_name as name
from duckdb_functions()
where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') and function_name <> 'error'  -- volatile only so that it is not folded away
