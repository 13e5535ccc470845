-- steps_expected: how many stored steps must go: keys of which the first that this fold hears is that they stood. Relations: incoming_steps, steps_marks.
select count(*) from (
    select arg_min(existed, turn) as stood from incoming_steps where (journey, position) in (select (journey, position) from steps_marks) group by journey, position
) where stood
