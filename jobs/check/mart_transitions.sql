-- transitions are as many as steps that are not the first of their journey
select format('{} transitions, {} such steps', counted, held) as finding
from (select (select coalesce(sum(count), 0)::bigint from mart.transitions) as counted, (select count(*) from mart.steps where position > 1) as held)
where counted <> held
