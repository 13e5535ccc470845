-- places_new: give numbers to the combinations that were not seen before. Grain: place. Relation: incoming_places.
insert into internal.places
select
    (select coalesce(max(place), -1) from internal.places) + row_number() over (), i.*
from (select distinct site, actor_id, team from incoming_places) as i
anti join internal.places as k on
    k.site is not distinct from i.site and k.actor_id is not distinct from i.actor_id and k.team is not distinct from i.team
