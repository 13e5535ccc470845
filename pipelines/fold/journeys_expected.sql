-- journeys_expected: how many stored journeys must go at least: marked keys that this fold did not put itself. Relations: incoming_journeys, journeys_marks.
select count(*) from journeys_marks as m where not exists (select 1 from incoming_journeys as i where not i.existed and i.journey = m.journey)
