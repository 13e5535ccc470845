-- dossier_journeys: the journeys in which alerts opened. Grain: journey. Relation: asked(journey).
select
    journey, customer_id, case_id, epoch_us(started_at) as started_us, epoch_us(ended_at) as ended_us, step_count, segment, client_type
from internal.journeys
where journey in (select journey from asked)
