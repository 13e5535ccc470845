-- profiles_known: the numbers of the combinations. Grain: spot (the row of incoming_profiles), in its order. Relation: incoming_profiles.
select k.profile from incoming_profiles as i
join internal.profiles as k on k.segment is not distinct from i.segment and k.client_type is not distinct from i.client_type
order by i.spot
