-- opened_waits: one row an opening of a wait that nothing in its own journey has ended. Times in µs.
-- A journey ends where the customer is silent for long, but a wait doesn't: as in wait_beyond_adequate, it is over with the first closing of its pair and flow that follows within 90 days in
-- any journey of the customer; where either event names no flow, with the first in the same channel (pairs by journey: in any). `closed_by` and what follows are null while nothing has.
with opened as (
    select j.customer_id, j.journey, unnest(j.open_waits, max_depth := 2) from internal.journeys as j where len(j.open_waits) > 0
),
taking_part as (
    select o.customer_id, o.journey, s.position, s."key", s.event_id, s.type, s.channel, s.stage, s.site, s.occurred_at, s.roles, true as is_opening
    from opened as o join internal.steps as s on s.journey = o.journey and s."key" = o."key"
    union all
    select j.customer_id, s.journey, s.position, s."key", s.event_id, s.type, s.channel, s.stage, s.site, s.occurred_at, s.roles, false
    from internal.steps as s
    join internal.journeys as j on j.journey = s.journey
    semi join (select distinct customer_id from opened) as o on o.customer_id = j.customer_id
    where s.roles & (select bit_or(closes) from internal.pairs where wait) <> 0
),
winners as (
    select "key", min(content) as content from internal.touchpoint_facts
    where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
),
tied as (
    select
        t.*, p.name, p.opens, p.closes, {'us': epoch_us(t.occurred_at), 'sequence': coalesce(f.sequence, 0), 'key': t."key"} as place,
        case when p."key" = 'case' then coalesce(f.case_id, f.correlation_id) else f.correlation_id end as flow,
        case when p."key" = 'journey' then '' else coalesce(t.channel, '') end as spot
    from taking_part as t
    join internal.touchpoint_facts as f on f."key" = t."key"
    left join winners as w on w."key" = f."key"
    join internal.meanings as m on m.type = t.type and m.channel is not distinct from t.channel
    join internal.pairs as p on p.thing = m.thing and p.wait
    where (w."key" is null or w.content = f.content) and t.roles & (case when t.is_opening then p.opens else p.closes end) <> 0
),
ended as (
    select o."key", min({'place': c.place, 'event_id': c.event_id, 'stage': c.stage, 'channel': c.channel, 'site': c.site}) as by
    from tied as o
    join tied as c on c.customer_id = o.customer_id and c.name = o.name and not c.is_opening and c.journey <> o.journey and c.place > o.place
        and case when o.flow is not null and c.flow is not null then c.flow = o.flow else c.spot = o.spot end
        and c.occurred_at <= o.occurred_at + interval 90 days
    where o.is_opening
    group by o."key"
)
select
    o.journey, o."key", s.event_id as opened_by, o.since_us, o.adequate_ms, o.stage as opened_in, o.channel as opened_channel, s.site as opened_site, s.roles,
    e.by.event_id as closed_by, e.by.place.us as closed_us, e.by.stage as closed_in, e.by.channel as closed_channel, e.by.site as closed_site
from opened as o
join internal.steps as s on s.journey = o.journey and s."key" = o."key"
left join ended as e on e."key" = o."key"
