-- changed: the keys of a rule's intervals that are new, gone or other than they stood. Grain: key. Relations: found, standing.
select "key" from (from found except from standing)
union
select "key" from (from standing except from found)
