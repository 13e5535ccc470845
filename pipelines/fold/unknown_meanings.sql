-- unknown_meanings: the types, each in its channel, that were not seen before. Relation: incoming_facts.
select distinct type, channel from incoming_facts as f
where not exists (select 1 from internal.meanings as m where m.type = f.type and m.channel is not distinct from f.channel)
