-- operations: one row a backstage event, of copies that differ the one with the smallest content.
with winners as (
    select "key", min(content) as content from internal.operation_facts
    where "key" in (select d."key" from internal.operation_facts as d where d.disputed) group by "key"
)
select
    f.source,
    f.event_id,
    make_timestamp(f.time_us) as occurred_at,
    make_timestamp(f.received_us) as received_at,
    f.type,
    coalesce(f.given_stage, m.stage) as stage,
    f.channel,
    f.correlation_id,
    f.causation_id,
    f.case_id,
    f.team,
    f.actor_id,
    f.site,
    f.attributes['element'] as element,
    f.lifecycle,
    f.wait_ms / 1e3::double as wait_s,
    f.service_ms / 1e3::double as service_s,
    f.attributes
from internal.operation_facts as f
left join winners as w on w."key" = f."key"
left join internal.meanings as m on m.type = f.type and m.channel is not distinct from f.channel
where w."key" is null or w.content = f.content
