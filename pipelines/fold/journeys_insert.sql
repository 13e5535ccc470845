-- journeys_insert: put what no later commit of this fold has replaced or dropped. Relations: incoming_journeys, with the number profile, journeys_marks.
insert into internal.journey_rows
select
    i.journey, i.customer_id, i.known, i.case_id, make_timestamp(i.started_us), make_timestamp(i.ended_us), i.step_count, i.variant, i.closed, i.oversized, i.revision,
    i.profile, i.segment_us, i.segment_sequence, i.segment_key, i.client_type_us, i.client_type_sequence, i.client_type_key, i.open_waits
from incoming_journeys as i left join journeys_marks as m on i.journey = m.journey
where i.op = 'put' and (m.turn is null or i.turn >= m.turn)
