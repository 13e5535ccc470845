-- waits: what begins and ends the waits of customers whom the operations at hand hold up, as rules see it. Grain: key. Relations: held_up, things, known.
-- Parameters: $lo, $hi (timestamp: nothing of it lies outside), $roles (bits).
create or replace temp table touchpoints as
with near as materialized (
    select w."key", w.content, w.disputed, w.time_us, w.sequence, w.correlation_id
    from internal.waits as w join held_up as h on h.customer = w.customer
    where w.time_us between epoch_us($lo) and epoch_us($hi) and w.time_us between h.lo_us and h.hi_us and (w.opens | w.closes) & h.pairs <> 0
),
winners as (
    select "key", min(content) as content from near where "key" in (select d."key" from near as d where d.disputed) group by "key"
),
-- Ordered while rows are narrow.
placed as (
    select f."key", f.correlation_id, coalesce(f.sequence, 0) as sequence, row_number() over (order by f.time_us, coalesce(f.sequence, 0), f."key") as place
    from near as f left join winners as w on w."key" = f."key" where w."key" is null or w.content = f.content
)
select
    f.place,
    f."key", j.customer_id, s.event_id, j.case_id, f.correlation_id, 'j' || lpad(lower(hex(s.journey)), 16, '0') as journey_id, s.source, s.occurred_at,
    f.sequence, s.type, t.thing, s.channel, s.stage, s.site, s.actor_id, s.team, s.roles, s.position, s.previous_type, s.since_previous_ms,
    s.wait_ms, s.service_ms, s.desired_ms, s.adequate_ms,
    internal.zone(s.calendar, s.desired_ms, s.adequate_ms, s.wait_ms, s.business_desired_ms, s.business_adequate_ms, s.business_wait_ms) as zone,
    k.segment, k.client_type, k.context, s.journey
from placed as f
join internal.steps as s on s."key" = f."key" and s.occurred_at between $lo and $hi
join internal.journeys as j on j.journey = s.journey
left join things as t on t.type = s.type
left join known as k on k."key" = f."key"
where s.roles & $roles <> 0
