-- dossier_people: whose events some are. Grain: event. Relation: asked(key). Parameters: $lo_us, $hi_us = when they were.
with events as (
    select journey, "key", event_id from internal.steps
    where "key" in (select "key" from asked) and occurred_at between make_timestamp($lo_us) and make_timestamp($hi_us)
)
select e."key", e.event_id, j.customer_id
from events as e
join (select journey, customer_id from internal.journeys where journey in (select journey from events)) as j on j.journey = e.journey
order by j.customer_id, e.event_id
