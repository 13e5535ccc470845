-- pieces_of_work: one row a piece of work behind the line of visibility and a cause that its events name; without any, one row of the piece. Times in µs.
-- A piece of work is what has one correlation, else one causation. It begins with its first event, and has ended where the last one says so. Events that name no cause, or only
-- another event of work, belong to each of its causes: who writes the cause on the first event alone has said it.
with winners as (
    select "key", min(content) as content from internal.operation_facts
    where "key" in (select d."key" from internal.operation_facts as d where d.disputed) group by "key"
),
acts as (
    select
        f."key", f.event_id, f.time_us, coalesce(f.correlation_id, f.causation_id) as operation, f.causation_id, f.team, f.attributes['element'] as element,
        m.roles & '$work_ended' <> 0 as is_end, {'us': f.time_us, 'sequence': coalesce(f.sequence, 0), 'key': f."key"} as place
    from internal.operation_facts as f
    left join winners as w on w."key" = f."key"
    left join internal.meanings as m on m.type = f.type and m.channel is not distinct from f.channel
    where coalesce(f.correlation_id, f.causation_id) is not null and (w."key" is null or w.content = f.content)
),
-- A cause that names an event of work, and none of a customer, ties work to work.
named as materialized (
    select distinct causation_id as event_id from acts where causation_id in (select b.event_id from acts as b)
),
inner_ids as materialized (
    select event_id from named
    except
    select s.event_id from internal.steps as s where s.event_id in (select n.event_id from named as n)
),
parents as (
    select distinct a.operation, b.operation as parent
    from acts as a join inner_ids as i on i.event_id = a.causation_id join acts as b on b.event_id = a.causation_id
    where b.operation <> a.operation
),
told as (
    select a.*, case when i.event_id is null then a.causation_id end as cause from acts as a left join inner_ids as i on i.event_id = a.causation_id
),
causes as (
    select distinct operation, cause from told where cause is not null
),
meant as (
    select operation, cause, event_id, time_us, team, element, is_end, place from told where cause is not null
    union all
    select c.operation, c.cause, t.event_id, t.time_us, t.team, t.element, t.is_end, t.place from told as t join causes as c on c.operation = t.operation where t.cause is null
    union all
    select operation, null, event_id, time_us, team, element, is_end, place from told
    where cause is null and (operation in (select operation from parents) or operation not in (select operation from causes))
)
select
    m.operation,
    m.cause,
    list_sort(coalesce(any_value(p.parents), [])) as parents,
    min(m.time_us) as begun_us,
    case when arg_max(m.is_end, m.place) then max(m.time_us) end as ended_us,
    arg_min(m.team, m.place) as team,
    arg_min(m.element, m.place) as element,
    list(m.event_id order by m.place) as events
from meant as m left join (select operation, list(parent) as parents from parents group by operation) as p on p.operation = m.operation
group by m.operation, m.cause
