-- intervals_marks: the intervals that stood in the mart or were put earlier in this fold, each with the last turn that says so. Grain: (rule, key). Relation: incoming_intervals.
create or replace temp table intervals_marks as
select rule, "key", max(turn) as turn from incoming_intervals where existed group by rule, "key"
