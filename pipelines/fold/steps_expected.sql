-- steps_expected: how many stored steps must go at least: marked keys that this fold did not put itself. Relations: incoming_steps, steps_marks.
select count(*) from steps_marks as m
where not exists (select 1 from incoming_steps as i where not i.existed and i.journey = m.journey and i.position = m.position)
