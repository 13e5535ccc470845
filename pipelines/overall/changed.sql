-- changed: the keys of a rule's intervals that are new, gone or other than they stood. Grain: key. Relation: found. Parameters: $rule, $lo, $hi (timestamp).
with standing as (
    select * from internal.intervals where rule = $rule and opened_at between $lo and $hi
)
select "key" from (from found except from standing)
union
select "key" from (from standing except from found)
