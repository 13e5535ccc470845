-- insert: what was found becomes part of the mart. Relation: found.
insert into internal.intervals from found
