-- replace: put what was found in the place of what stands. Relation: found. Parameters: $rule, $lo, $hi (timestamp).
delete from internal.intervals where rule = $rule and opened_at between $lo and $hi;
