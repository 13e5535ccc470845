-- steps_expected: how many stored steps must go: keys of which the first that this fold hears is that they stood. Relation: incoming_steps.
select count(*) from (select arg_min(existed, turn) as stood from incoming_steps group by journey, position) where stood
