-- unknown_meanings: the types, each in its channel, that were not seen before. Relation: told.
select distinct type, channel from told as f
where not exists (select 1 from internal.meanings as m where m.type = f.type and m.channel is not distinct from f.channel)
