-- touched_waits: events by which a wait may begin that a change may concern: of customers of whom such an event changed, and what work that changed may hold up.
-- Relations: changed_events, changed_customers, touched_works. Parameters: $lo_us, $hi_us: no wait of these customers is concerned that begins before or after;
-- $works_lo_us, $works_hi_us: none is that this work holds up, which may have begun long before it changed; $by_flow, $by_case: the map's pairs (bits) that the flow,
-- or the case, holds together, none where waits that ended before count as well; $window_us: what comes later ends none.
create or replace temp table touched_waits as
with who as materialized (
    select customer, min(time_us) as first_us from internal.waits where time_us between $lo_us and $hi_us and "key" in (select "key" from changed_events) group by customer
),
theirs as materialized (
    select w.*, who.first_us from internal.waits as w join who on who.customer = w.customer where w.time_us between $lo_us and $hi_us and (w.opens | w.closes) <> 0
),
-- Copies that differ may count or not, and journeys that are too long show no steps: of these nothing is sure.
plain as materialized (
    from theirs
    where "key" not in (select "key" from internal.waits where disputed) and customer not in (select hash(customer_id) from internal.journey_rows where oversized)
),
-- A wait that ended before anything of this customer changed stays as it is: only the first end counts.
over as (
    select o."key" from plain as o join plain as c on c.customer = o.customer and c.flow = o.flow and c.closes & o.opens & $by_flow = o.opens
        and c.time_us > o.time_us and c.time_us <= o.time_us + $window_us and c.time_us < c.first_us
    where o.opens <> 0
    union
    select o."key" from plain as o join plain as c on c.customer = o.customer and c."case" = o."case" and c.closes & o.opens & $by_case = o.opens
        and c.time_us > o.time_us and c.time_us <= o.time_us + $window_us and c.time_us < c.first_us
    where o.opens <> 0
)
select "key", event, flow from theirs where opens <> 0 and ("key" not in (from over) or "key" in (select "key" from changed_events))
union
select "key", event, flow from internal.waits where time_us between $lo_us and $hi_us and opens <> 0 and customer in (select hash(customer_id) from changed_customers)
union
select "key", event, flow from internal.waits where time_us between $works_lo_us and $works_hi_us and opens <> 0 and event in (select cause from touched_works)
union
select "key", event, flow from internal.waits where time_us between $works_lo_us and $works_hi_us and opens <> 0 and flow in (select flow from touched_works where cause is null)
