-- feeds: add what was heard from each source. Grain: source. Relation: told (see told.py). Sums of whole numbers, so commits may come in any cut.
create or replace temp table feeds_after as
select source, sum(events)::bigint as events, sum(late)::bigint as late, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at,
    max(last_received_at) as last_received_at
from (
    select * from internal.feeds
    union all
    select source, events, late, make_timestamp(first_us), make_timestamp(last_us), make_timestamp(received_us) from told
)
group by source;
delete from internal.feeds;
insert into internal.feeds select * from feeds_after
