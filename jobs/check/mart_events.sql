-- every step of the mart is one touchpoint of the mart, with the same journey
select format('{}: {} steps, {} touchpoints', coalesce(held.journey_id, shown.journey_id), coalesce(held.n, 0), coalesce(shown.n, 0)) as finding
from (select journey_id, count(*) as n, bit_xor(hash(source, event_id, occurred_at, type)) as same from mart.steps group by journey_id) as held
full join (
    select journey_id, count(*) as n, bit_xor(hash(source, event_id, occurred_at, type)) as same from mart.touchpoints where journey_id is not null group by journey_id
) as shown using (journey_id)
where held.n is distinct from shown.n or held.same is distinct from shown.same
order by finding
