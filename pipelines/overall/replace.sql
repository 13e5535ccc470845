-- replace: take out what is gone or other than it stood. Relation: changed. Parameter: $rule.
delete from internal.intervals where rule = $rule and "key" in (select "key" from changed)
