-- steps_marks: the keys that stood in the mart or were put earlier in this fold, each with the last turn that says so. Grain: (journey, position). Relation: incoming_steps.
create or replace temp table steps_marks as
select journey, position, max(turn) as turn from incoming_steps where existed group by journey, position
