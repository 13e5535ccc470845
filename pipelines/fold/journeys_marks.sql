-- journeys_marks: the journeys that stood in the mart or were put earlier in this fold, each with the last turn that says so. Grain: journey. Relation: incoming_journeys.
create or replace temp table journeys_marks as
select journey, max(turn) as turn from incoming_journeys where existed group by journey
