-- journeys_delete: take out what is replaced or gone. The range of times lets row groups be skipped; it is an upper bound, see fold.py. Parameters: $lo, $hi (timestamp).
delete from internal.journey_rows as j using journeys_marks as m where j.journey = m.journey and j.started_at between $lo and $hi
