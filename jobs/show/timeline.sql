-- A customer's steps with their journeys and what was said. Grain: step, by time; an oversized journey has one line without a step. Parameter: $customer_id.
select
    journey.journey_id, journey.case_id, journey.status, journey.started_at, journey.duration_s, journey.step_count,
    step.position, step.occurred_at, step.type, step.stage, step.channel, step.site,
    step.since_previous_s, step.wait_s, step.service_s, step.zone, said.text, step.source, step.event_id
from mart.journeys as journey
left join mart.steps as step using (journey_id)
left join (select source, event_id, occurred_at, any_value(text) as text from mart.touchpoints where customer_id = $customer_id group by all) as said
    on said.source = step.source and said.event_id = step.event_id and said.occurred_at = step.occurred_at
where journey.customer_id = $customer_id
order by journey.started_at, journey.journey_id, step.position
