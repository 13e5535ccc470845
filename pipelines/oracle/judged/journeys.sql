-- journeys: as rules see them. Grain: journey_id.
select journey_id, customer_id, case_id, started_at, ended_at, status, step_count, segment, client_type from mart.journeys
