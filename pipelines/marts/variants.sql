-- variants: one row a sequence of types. The words come from one journey of the variant: all of them have the same. Oversized journeys are left out.
with counted as (
    select
        variant,
        any_value(step_count) as step_count,
        count(*) as n,
        min(journey) as sample,
        quantile_cont(epoch_us(ended_at) - epoch_us(started_at), 0.5) as median_us
    from internal.journey_rows
    where not oversized
    group by variant
),
worded as (
    select s.journey, string_agg(k.type, ' > ' order by s.position) as words
    from internal.step_rows as s join internal.kinds as k on k.kind = s.kind join counted as c on c.sample = s.journey
    where s.position <= 50
    group by s.journey
)
select
    lpad(lower(hex(c.variant)), 16, '0') as variant_id,
    w.words as variant,
    c.step_count,
    c.n as "count",
    c.n::double / sum(c.n) over ()::double as share,
    c.median_us / 1e6::double as median_duration_s
from counted as c join worded as w on w.journey = c.sample
