-- intervals_expected: how many stored intervals must go: keys of which the first that this fold hears is that they stood. Relation: incoming_intervals.
select count(*) from (select arg_min(existed, turn) as stood from incoming_intervals group by rule, "key") where stood
