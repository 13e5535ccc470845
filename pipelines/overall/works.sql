-- works: the operations at hand as rules see them, of copies that differ the one with the smallest content. Grain: key. Relations: touched_flows, things.
create or replace temp table operations as
with winners as (
    select "key", min(content) as content from internal.works where "key" in (select d."key" from internal.works as d where d.disputed) group by "key"
),
-- Ordered while rows are narrow.
placed as (
    select f.rowid as row, row_number() over (order by f.time_us, coalesce(f.sequence, 0), f."key") as place
    from internal.works as f left join winners as w on w."key" = f."key"
    where f.flow in (select flow from touched_flows) and (w."key" is null or w.content = f.content)
)
select
    p.place,
    f."key", f.source, f.event_id, make_timestamp(f.time_us) as occurred_at, coalesce(f.sequence, 0) as sequence, f.type, t.thing, f.channel, f.site, f.actor_id, f.team,
    f.correlation_id, f.causation_id, f.element, m.roles | bit_of('backstage') as roles, coalesce(f.given_stage, m.stage) as stage
from internal.works as f
join placed as p on p.row = f.rowid
join internal.meanings as m on m.type = f.type and m.channel is not distinct from f.channel
left join things as t on t.type = f.type
