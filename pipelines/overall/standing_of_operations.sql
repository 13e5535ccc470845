-- standing_of_operations: the intervals of a rule about operations that a change may touch. Relation: touched_flows. Parameter: $rule.
create or replace temp table standing as from internal.intervals where rule = $rule and hash(operation) in (select flow from touched_flows)
