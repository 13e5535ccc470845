-- intervals_delete: take out what is replaced or gone. Parameters: $lo, $hi (timestamp), not used: a drop does not say when the interval was opened.
delete from internal.intervals as i using intervals_marks as m where i."key" = m."key" and i.rule = m.rule and $lo <= $hi
