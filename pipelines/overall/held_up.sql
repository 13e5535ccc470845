-- held_up: the customers whom these operations may hold up: when they begin to wait first, until when something may end it, and in which of the map's pairs (bits).
-- Relation: touched_flows. Parameters: $window_us, $lo_us, $hi_us: no wait is held up that begins before or after.
create or replace temp table held_up as
with works as materialized (
    select distinct flow, cause from internal.works where flow in (select flow from touched_flows)
),
openings as (
    select customer, time_us, opens from internal.waits
    where time_us between $lo_us and $hi_us and opens <> 0 and event in (select cause from works)
    union all
    select customer, time_us, opens from internal.waits
    where time_us between $lo_us and $hi_us and opens <> 0 and flow in (select flow from works where cause is null)
)
select customer, min(time_us) as lo_us, max(time_us) + $window_us as hi_us, bit_or(opens) as pairs from openings group by customer
