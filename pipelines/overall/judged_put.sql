-- judged_put: note what the intervals of rules of scope all were made of. Parameter: $mark.
insert into internal.overall_judged select $mark
