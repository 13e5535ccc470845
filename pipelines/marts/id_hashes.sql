-- id_hashes: a number for the source and id of each step. House events and oversized journeys are not looked at. Grain: step.
select hash(k.source, s.event_id) as h from internal.step_rows as s join internal.kinds as k on k.kind = s.kind
