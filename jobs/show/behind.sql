-- Who behind the counter makes customers wait most, and which part of all waiting nobody's work is linked to. Grain: team and element. Parameter: $most.
with parts as (
    select team, element, operation is null as is_nobodys, sum(covered_ms) as ms, count(distinct customer_id) as customers
    from mart.wait_causes group by all
)
select team, element, customers, ms / 1e3::double as held_s, (select sum(ms) filter (where is_nobodys) / sum(ms) from parts) as nobodys_share
from parts
where not is_nobodys and ms > 0
order by ms desc, team, element
limit $most
