-- touchpoints: what rules of scope all see of customers between two instants. Grain: key. Parameters: $lo, $hi (timestamp), $roles (bits).
-- `segment`, `client_type` and `context` are what the journey named last, up to the event; null, like all that a journey says, where it shows no steps.
create or replace temp table touchpoints as
with winners as (
    select "key", min(content) as content from internal.touchpoint_facts where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
),
facts as (
    select f.*, coalesce(f.given_stage, m.stage) as of_stage, m.roles | case when f.lane = 'back' then bit_of('backstage') else 0::ubigint end as bits
    from internal.touchpoint_facts as f
    left join winners as w on w."key" = f."key"
    join internal.meanings as m on m.type = f.type and m.channel is not distinct from f.channel
    where f.kind <= 1 and f.time_us between epoch_us($lo) and epoch_us($hi) and (w."key" is null or w.content = f.content)
),
walked as (
    select
        f.*, s.journey, s.position, s.previous_type, s.since_previous_ms, s.wait_ms as waited_ms, s.service_ms as served_ms, s.desired_ms, s.adequate_ms,
        s.calendar, s.business_wait_ms, s.business_desired_ms, s.business_adequate_ms,
        case when s.journey is not null then last_value(f.segment ignore nulls) over so_far end as known_segment,
        case when s.journey is not null then last_value(f.client_type ignore nulls) over so_far end as known_client_type,
        case when s.journey is not null then last_value(f.context ignore nulls) over so_far end as known_context
    from facts as f left join internal.steps as s on s."key" = f."key"
    window so_far as (partition by s.journey order by s.position rows between unbounded preceding and current row)
)
select
    row_number() over (order by w.time_us, coalesce(w.sequence, 0), w."key") as place,
    w."key", w.customer_id, w.event_id, w.case_id, w.correlation_id, w.causation_id, case when w.journey is not null then 'j' || lpad(lower(hex(w.journey)), 16, '0') end as journey_id,
    w.source, make_timestamp(w.time_us) as occurred_at, coalesce(w.sequence, 0) as sequence, w.type, t.thing, w.channel, w.of_stage as stage, w.site, w.actor_id, w.actor_kind,
    w.team, w.lifecycle, w.bits as roles, make_timestamp(w.promise_due_us) as promise_due_at, w.promise_kind, w.rating_metric, w.rating_value, w.money_minor, w.money_currency,
    w.money_kind, w.position, w.previous_type, w.since_previous_ms, w.waited_ms as wait_ms, w.served_ms as service_ms, w.desired_ms, w.adequate_ms,
    internal.zone(w.calendar, w.desired_ms, w.adequate_ms, w.waited_ms, w.business_desired_ms, w.business_adequate_ms, w.business_wait_ms) as zone,
    w.known_segment as segment, w.known_client_type as client_type, w.known_context as context, w.journey
from walked as w left join things as t on t.type = w.type
where w.bits & $roles <> 0
