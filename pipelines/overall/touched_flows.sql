-- touched_flows: the operations that changed, or that may hold up a wait that a change concerns. Relations: touched_works, touched_waits.
create or replace temp table touched_flows as
select flow from touched_works where flow is not null
union
select flow from internal.works where flow is not null and cause in (select event from touched_waits)
union
select flow from internal.works where cause is null and flow in (select flow from touched_waits)
