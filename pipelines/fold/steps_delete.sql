-- steps_delete: take out what is replaced or gone. The range of times lets row groups be skipped; it is an upper bound, see fold.py. Parameters: $lo, $hi (timestamp).
delete from internal.step_rows as s using steps_marks as m
where s.journey = m.journey and s.position = m.position and s.occurred_at between $lo and $hi
