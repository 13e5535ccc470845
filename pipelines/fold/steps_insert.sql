-- steps_insert: put what no later commit of this fold has replaced or dropped. Relations: incoming_steps, with the numbers kind and place, steps_marks.
insert into internal.step_rows
select
    i.journey, i.position, i.key, i.event_id, make_timestamp(i.time_us), i.kind, i.place, i.since_previous_ms, i.wait_ms, i.service_ms, i.opener_position, i.money_minor,
    i.own_desired_ms, i.own_adequate_ms, i.business_wait_ms
from incoming_steps as i left join steps_marks as m on i.journey = m.journey and i.position = m.position
where i.op = 'put' and (m.turn is null or i.turn >= m.turn)
