-- steps_insert: put what no later commit of this fold has replaced or dropped. Relations: incoming_steps, steps_marks.
insert into internal.steps
select
    i.journey, i.position, i.key, i.source, i.event_id, make_timestamp(i.time_us), i.type, i.stage, i.channel, i.site, i.actor_id, i.team, i.previous_type,
    i.since_previous_ms, i.wait_ms, i.service_ms, i.desired_ms, i.adequate_ms, i.calendar, i.business_wait_ms, i.business_desired_ms,
    i.business_adequate_ms, i.roles, i.money_minor, i.money_kind
from incoming_steps as i left join steps_marks as m on i.journey = m.journey and i.position = m.position
where i.op = 'put' and (m.turn is null or i.turn >= m.turn)
