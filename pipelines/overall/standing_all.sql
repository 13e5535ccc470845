-- standing_all: every interval of a rule. Parameter: $rule.
create or replace temp table standing as from internal.intervals where rule = $rule
