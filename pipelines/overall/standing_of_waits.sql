-- standing_of_waits: the intervals of a rule that have one of some keys. Relation: asked. Parameter: $rule.
create or replace temp table standing as from internal.intervals where rule = $rule and "key" in (select "key" from asked)
