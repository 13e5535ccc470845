-- seen: one row an event of a customer. Grain: key. Reads a snapshot; relation `senses` says what the journey map makes of a type.
-- `place` is the order of the customer's events; it has no meaning but to be compared. Times: UTC.
with winners as (
    select f.*
    from internal.touchpoint_facts as f
    where f.kind <= 1 and f.customer_id is not null
    qualify row_number() over (partition by f."key" order by f.content) = 1  -- of copies that differ the smallest counts
)
select
    f."key",
    f.customer_id,
    f.source,
    f.event_id,
    make_timestamp(f.time_us) as occurred_at,
    coalesce(f.sequence, 0) as sequence,
    row_number() over (order by f.time_us, coalesce(f.sequence, 0), f."key") as place,
    f.type,
    m.thing,
    f.channel,
    coalesce(f.given_stage, m.stage) as stage,
    f.site,
    f.actor_id,
    f.actor_kind,
    f.team,
    f.case_id,
    f.correlation_id,
    f.causation_id,
    f.lifecycle,
    m.roles | case when f.lane = 'back' then bit_of('backstage') else 0::ubigint end as roles,
    make_timestamp(f.promise_due_us) as promise_due_at,
    f.promise_kind,
    f.rating_metric,
    f.rating_value,
    f.money_minor,
    f.money_currency,
    f.money_kind,
    f.segment,
    f.client_type,
    f.context
from winners as f
join senses as m on m.type = f.type and m.channel is not distinct from f.channel
