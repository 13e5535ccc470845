-- journeys_expected: how many stored journeys must go: keys of which the first that this fold hears is that they stood. Relation: incoming_journeys.
select count(*) from (select arg_min(existed, turn) as stood from incoming_journeys group by journey) where stood
