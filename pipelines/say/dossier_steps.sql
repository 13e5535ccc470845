-- dossier_steps: the steps of journeys, oldest first. Grain: (journey, position). Relation: asked(journey). Parameters: $lo_us, $hi_us = when these journeys were.
select
    journey, position, "key", source, event_id, epoch_us(occurred_at) as occurred_us, type, stage, channel, site, team, since_previous_ms, wait_ms, desired_ms,
    adequate_ms
from internal.steps
where journey in (select journey from asked) and occurred_at between make_timestamp($lo_us) and make_timestamp($hi_us)
order by journey, position
