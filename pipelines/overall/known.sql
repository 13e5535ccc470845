-- known: what their journey has named last up to the events by which waits begin or end. Grain: key. Relation: held_up. Parameters: $lo, $hi (timestamp).
create or replace temp table known as
with journeys as (
    select distinct s.journey
    from internal.waits as w join held_up as h on h.customer = w.customer join internal.steps as s on s."key" = w."key" and s.occurred_at between $lo and $hi
    where w.time_us between h.lo_us and h.hi_us and w.opens & h.pairs <> 0
),
steps as (
    select s."key", s.journey, s.position, s.occurred_at from internal.steps as s semi join journeys as j on j.journey = s.journey
),
winners as (
    select "key", min(content) as content from internal.touchpoint_facts where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
),
facts as (
    select f."key", f.segment, f.client_type, f.context
    from internal.touchpoint_facts as f left join winners as w on w."key" = f."key"
    where f."key" in (select "key" from steps) and (w."key" is null or w.content = f.content)
        and f.time_us between (select min(epoch_us(occurred_at)) from steps) and (select max(epoch_us(occurred_at)) from steps)
)
select
    s."key",
    last_value(f.segment ignore nulls) over so_far as segment,
    last_value(f.client_type ignore nulls) over so_far as client_type,
    last_value(f.context ignore nulls) over so_far as context
from steps as s join facts as f on f."key" = s."key"
window so_far as (partition by s.journey order by s.position rows between unbounded preceding and current row)
