-- touched_works: work behind the line that came or changed: its flows, and the events that it names as causes. Relation: changed_works. Parameter: $whole: all.
create or replace temp table touched_works as
select distinct flow, cause from internal.works where $whole or "key" in (select "key" from changed_works)
