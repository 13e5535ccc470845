-- journeys_expected: how many stored journeys must go: keys of which the first that this fold hears is that they stood. Relations: incoming_journeys, journeys_marks.
select count(*) from (select arg_min(existed, turn) as stood from incoming_journeys where journey in (select journey from journeys_marks) group by journey) where stood
