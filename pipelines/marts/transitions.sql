-- transitions: one row a pair of types that follow each other. Time = since_previous. Exact: whole milliseconds are added, then divided once.
-- A pair is named by its first kind, so that rows are grouped by a number.
with named as (
    select kind, min(kind) over (partition by previous_type, type) as pair from internal.kinds where previous_type is not null
),
timed as (
    select n.pair, count(*) as n, sum(r.since_previous_ms) as total_ms, quantile_cont(r.since_previous_ms, [0.5, 0.9]) as marks
    from internal.step_rows as r join named as n on n.kind = r.kind
    group by n.pair
),
pairs as (
    select k.previous_type as from_type, k.type as to_type, t.n, t.total_ms, t.marks from timed as t join internal.kinds as k on k.kind = t.pair
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
