-- operations: backstage work that names no customer, one row an event. Only rules of scope `all` see it. Grain: key. Reads a snapshot and `senses`.
with winners as (
    select f.*
    from internal.operation_facts as f
    qualify row_number() over (partition by f."key" order by f.content) = 1  -- of copies that differ the smallest counts
)
select
    f."key",
    f.source,
    f.event_id,
    make_timestamp(f.time_us) as occurred_at,
    coalesce(f.sequence, 0) as sequence,
    row_number() over (order by f.time_us, coalesce(f.sequence, 0), f."key") as place,
    f.type,
    m.thing,
    f.channel,
    f.site,
    f.actor_id,
    f.team,
    f.correlation_id,
    f.causation_id,
    f.attributes['element'] as element,
    m.roles | bit_of('backstage') as roles
from winners as f
join senses as m on m.type = f.type and m.channel is not distinct from f.channel
