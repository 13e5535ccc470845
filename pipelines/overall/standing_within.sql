-- standing_within: the intervals of a rule that were opened between two instants. Parameters: $rule, $lo, $hi (timestamp).
create or replace temp table standing as from internal.intervals where rule = $rule and opened_at between $lo and $hi
