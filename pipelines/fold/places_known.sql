-- places_known: the numbers of the combinations. Grain: spot (the row of incoming_places), in its order. Relation: incoming_places.
select k.place from incoming_places as i join internal.places as k on
    k.site is not distinct from i.site and k.actor_id is not distinct from i.actor_id and k.team is not distinct from i.team
order by i.spot
