-- insert: what is new or other than it stood becomes part of the mart. Relations: changed, found.
insert into internal.intervals from found where "key" in (select "key" from changed)
