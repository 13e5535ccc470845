-- wait_causes: one row a visible wait and a piece of work behind the line that covers a part of it, and one a wait for the rest, which nobody is blamed for.
-- Work holds up the wait whose event it names as its cause; work that names no cause, the waits that were opened in its flow; and work that is done for other work, what that holds up.
-- Each instant of a wait is shared equally among the pieces of work that go on then; work that itself waits for other work of these gets nothing of that instant, like the desk. This is
-- the Shapley value of "covered by any of them" (Shapley 1953; as in the airport game of Littlechild and Owen 1973): a function of the set, and nothing is counted twice.
with recursive works as materialized (
    from internal.pieces_of_work
),
waits as materialized (
    from internal.visible_waits
),
named_flows as materialized (
    select operation from works where cause is null and len(parents) = 0
),
winners as (
    select "key", min(content) as content from internal.touchpoint_facts
    where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
),
in_flow as (
    select f.correlation_id as operation, f."key"
    from internal.touchpoint_facts as f left join winners as w on w."key" = f."key"
    where f.correlation_id in (select n.operation from named_flows as n) and (w."key" is null or w.content = f.content)
),
children as (
    select operation, unnest(parents) as parent from works where cause is null
),
linked(wait, is_opening, operation, cause) as (
    select v.wait, v.is_opening, w.operation, w.cause from waits as v join works as w on w.cause = v.first_id
    union
    select v.wait, v.is_opening, f.operation, null from waits as v join in_flow as f on f."key" = v.first_key
    union
    select l.wait, l.is_opening, c.operation, null from linked as l join children as c on c.parent = l.operation
),
done_for(operation, parent) as (
    select operation, parent from children
    union
    select d.operation, c.parent from done_for as d join children as c on c.operation = d.parent
),
parts as (
    select
        l.wait, l.is_opening, w.operation, min(greatest(w.begun_us, v.since_us)) as from_us, max(least(coalesce(w.ended_us, v.until_us), v.until_us)) as until_us,
        min({'us': w.begun_us, 'team': w.team, 'element': w.element, 'events': w.events}) as work
    from linked as l
    join works as w on w.operation = l.operation and w.cause is not distinct from l.cause
    join waits as v on v.wait = l.wait and v.is_opening = l.is_opening
    where greatest(w.begun_us, v.since_us) < least(coalesce(w.ended_us, v.until_us), v.until_us)
    group by l.wait, l.is_opening, w.operation
),
edges as (
    select wait, is_opening, from_us as at_us from parts union select wait, is_opening, until_us from parts
),
slices as (
    select wait, is_opening, at_us, lead(at_us) over (partition by wait, is_opening order by at_us) - at_us as length_us from edges
),
going_on as (
    select s.*, p.operation, p.work.us as begun_us
    from slices as s join parts as p on p.wait = s.wait and p.is_opening = s.is_opening and p.from_us <= s.at_us and p.until_us > s.at_us
    where s.length_us is not null
),
-- Two that are done for each other stand side by side.
itself_waiting as (
    select distinct a.wait, a.is_opening, a.at_us, a.operation
    from going_on as a
    join done_for as d on d.parent = a.operation
    join going_on as b on b.wait = a.wait and b.is_opening = a.is_opening and b.at_us = a.at_us and b.operation = d.operation
    where (a.operation, b.operation) not in (select o.operation, o.parent from done_for as o)
),
blamed as (
    select
        g.*, count(*) over (partition by g.wait, g.is_opening, g.at_us) as sharers,
        row_number() over (partition by g.wait, g.is_opening, g.at_us order by g.begun_us, g.operation) as turn
    from going_on as g anti join itself_waiting as i on i.wait = g.wait and i.is_opening = g.is_opening and i.at_us = g.at_us and i.operation = g.operation
),
-- Of what does not divide, those who began first get a µs more; the sums are cut to ms one after another, so that all rows of a wait add up to it.
summed as (
    select wait, is_opening, operation, sum(length_us // sharers + (turn <= length_us % sharers)::bigint)::bigint as us, min(begun_us) as begun_us
    from blamed group by wait, is_opening, operation
),
cut as (
    select
        wait, is_opening, operation, sum(us) over in_turn as so_far_us,
        (so_far_us // 1000 - (so_far_us - us) // 1000)::bigint as covered_ms
    from summed window in_turn as (partition by wait, is_opening order by begun_us, operation)
),
causes as (
    select c.wait, c.is_opening, c.operation, p.work.events as events, p.work.team as team, p.work.element as element, c.covered_ms
    from cut as c join parts as p on p.wait = c.wait and p.is_opening = c.is_opening and p.operation = c.operation
    where c.covered_ms > 0
),
rests as (
    select v.wait, v.is_opening, v.wait_ms - coalesce(sum(c.covered_ms), 0)::bigint as covered_ms
    from waits as v left join causes as c on c.wait = v.wait and c.is_opening = v.is_opening
    group by v.wait, v.is_opening, v.wait_ms
)
select
    j.customer_id,
    'j' || lpad(lower(hex(v.journey)), 16, '0') as journey_id,
    v.opened_by,
    make_timestamp(v.since_us) as opened_at,
    v.closed_by,
    case when v.closed_by is not null then make_timestamp(v.until_us) end as closed_at,
    v.stage,
    v.channel,
    v.site,
    c.operation,
    c.events as operation_events,
    c.team,
    c.element,
    c.covered_ms,
    v.wait_ms,
    c.covered_ms / v.wait_ms as share
from waits as v
join (from causes union all by name from rests) as c on c.wait = v.wait and c.is_opening = v.is_opening
join internal.journeys as j on j.journey = v.journey
