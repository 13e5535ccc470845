-- opened_waits: one row an opening of a wait that nothing in its own journey has ended. Times in µs.
-- A journey ends where the customer is silent for long, but a wait doesn't: as in wait_beyond_adequate, it is over with the first closing of its pair and flow that follows within 90 days in
-- any journey of the customer; where either event names no flow, with the first in the same channel (pairs by journey: in any). `closed_by` and what follows are null while nothing has.
with opened as (
    select j.customer_id, j.journey, unnest(j.open_waits) as w from internal.journeys as j where len(j.open_waits) > 0
),
openings as materialized (
    select o.customer_id, o.journey, s."key", o.w, s.event_id, s.type, s.channel, s.site, s.occurred_at, s.roles
    from opened as o join (from internal.steps where "key" in (select o.w."key" from opened as o)) as s on s."key" = o.w."key" and s.journey = o.journey
),
theirs as materialized (
    select journey, customer_id from internal.journeys where customer_id in (select o.customer_id from opened as o)
),
closings as (
    select j.customer_id, s.journey, s."key", s.event_id, s.type, s.channel, s.stage, s.site, s.occurred_at, s.roles
    from theirs as j join (from internal.steps where journey in (select t.journey from theirs as t)) as s on s.journey = j.journey
),
-- What may be an opening and its end, before it is known whether they are of one flow.
candidates as materialized (
    select
        o."key" as opening, p.name, p."key" as paired_by, coalesce(o.channel, '') as opening_spot, coalesce(c.channel, '') as spot,
        c."key", c.event_id, c.channel, c.stage, c.site, epoch_us(o.occurred_at) as opening_us, epoch_us(c.occurred_at) as us
    from openings as o
    join internal.meanings as m on m.type = o.type and m.channel is not distinct from o.channel
    join internal.pairs as p on p.wait and p.thing = m.thing and o.roles & p.opens <> 0
    join closings as c on c.customer_id = o.customer_id and c.journey <> o.journey and c.roles & p.closes <> 0
        and c.occurred_at between o.occurred_at and o.occurred_at + interval 90 days
    join internal.meanings as n on n.type = c.type and n.channel is not distinct from c.channel and n.thing = p.thing
),
needed as materialized (
    select opening as "key" from candidates union select "key" from candidates
),
winners as (
    select "key", min(content) as content from internal.touchpoint_facts
    where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
),
facts as materialized (
    select f."key", coalesce(f.sequence, 0) as sequence, f.case_id, f.correlation_id
    from internal.touchpoint_facts as f left join winners as w on w."key" = f."key"
    where f."key" in (select "key" from needed) and (w."key" is null or w.content = f.content)
),
tied as (
    select
        c.*, a.sequence as opening_sequence, z.sequence,
        case when c.paired_by = 'case' then coalesce(a.case_id, a.correlation_id) else a.correlation_id end as opening_flow,
        case when c.paired_by = 'case' then coalesce(z.case_id, z.correlation_id) else z.correlation_id end as flow
    from candidates as c join facts as a on a."key" = c.opening join facts as z on z."key" = c."key"
),
ended as (
    select opening, min({'us': us, 'sequence': sequence, 'key': "key", 'event_id': event_id, 'stage': stage, 'channel': channel, 'site': site}) as by
    from tied
    where {'us': us, 'sequence': sequence, 'key': "key"} > {'us': opening_us, 'sequence': opening_sequence, 'key': opening}
        and case when opening_flow is not null and flow is not null then flow = opening_flow else paired_by = 'journey' or spot = opening_spot end
    group by opening
)
select
    o.journey, o."key", o.event_id as opened_by, o.w.since_us as since_us, o.w.adequate_ms as adequate_ms, o.w.stage as opened_in, o.w.channel as opened_channel,
    o.site as opened_site, o.roles, e.by.event_id as closed_by, e.by.us as closed_us, e.by.stage as closed_in, e.by.channel as closed_channel, e.by.site as closed_site
from openings as o left join ended as e on e.opening = o."key"
