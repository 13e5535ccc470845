-- intervals_expected: how many stored intervals must go: keys of which the first that this fold hears is that they stood. Relations: incoming_intervals, intervals_marks.
select count(*) from (
    select arg_min(existed, turn) as stood from incoming_intervals where (rule, "key") in (select (rule, "key") from intervals_marks) group by rule, "key"
) where stood
