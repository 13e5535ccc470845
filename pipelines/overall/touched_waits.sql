-- touched_waits: events by which a wait may begin that a change may concern: all of customers of whom such an event changed, and what work that changed may hold up.
-- Relations: changed_events, changed_customers, touched_works. Parameters: $lo_us, $hi_us: no wait of these customers is concerned that begins before or after;
-- $works_lo_us, $works_hi_us: none is that this work holds up, which may have begun long before it changed.
create or replace temp table touched_waits as
with who as materialized (
    select customer from internal.waits where time_us between $lo_us and $hi_us and "key" in (select "key" from changed_events)
    union
    select hash(customer_id) from changed_customers
)
select "key", event, flow from internal.waits where time_us between $lo_us and $hi_us and opens <> 0 and customer in (select customer from who)
union
select "key", event, flow from internal.waits where time_us between $works_lo_us and $works_hi_us and opens <> 0 and event in (select cause from touched_works)
union
select "key", event, flow from internal.waits where time_us between $works_lo_us and $works_hi_us and opens <> 0 and flow in (select flow from touched_works where cause is null)
