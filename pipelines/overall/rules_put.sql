-- rules_put: note by which rules of scope all what stands is made. Parameter: $rules.
insert into internal.overall_rules select unnest($rules::varchar[])
