-- What journeys and steps are once all commits are folded: the later commit wins. The commit's number stands in the file's name.
create temp table net_journeys as
select journey, arg_max(op, seq) as op, arg_max(step_count, seq) as step_count, arg_max(oversized, seq) as oversized, arg_max(customer_id, seq) as customer_id
from (select *, regexp_extract(filename, '-(\d{12})-', 1) as seq from journeys)
group by journey
having op = 'put';

create temp table net_steps as
select journey, position, arg_max(op, seq) as op, arg_max(key, seq) as key
from (select *, regexp_extract(filename, '-(\d{12})-', 1) as seq from steps)
group by journey, position
having op = 'put';
