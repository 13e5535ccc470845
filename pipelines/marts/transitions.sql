-- transitions: one row a pair of types that follow each other. Time = since_previous. Exact: whole milliseconds are added, then divided once.
with pairs as (
    select
        previous_type as from_type,
        type as to_type,
        count(*) as n,
        sum(since_previous_ms) as total_ms,
        quantile_cont(since_previous_ms, [0.5, 0.9]) as marks
    from internal.steps
    where previous_type is not null
    group by previous_type, type
)
select
    from_type,
    to_type,
    n as "count",
    total_ms::double / n / 1e3::double as mean_s,
    marks[1] / 1e3::double as median_s,
    marks[2] / 1e3::double as p90_s,
    total_ms::double / 1e3::double as total_s
from pairs
