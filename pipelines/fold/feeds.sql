-- feeds: add what was heard from each source. Grain: source. Relation: incoming_facts (touchpoints and operations). Sums of whole numbers, so commits may come in any cut.
create or replace temp table feeds_after as
select source, sum(events)::bigint as events, sum(late)::bigint as late, min(first_seen_at) as first_seen_at, max(last_seen_at) as last_seen_at,
    max(last_received_at) as last_received_at
from (
    select * from internal.feeds
    union all
    select source, count(*), count_if(late), make_timestamp(min(time_us)), make_timestamp(max(time_us)), make_timestamp(max(received_us))
    from incoming_facts group by source
)
group by source;
delete from internal.feeds;
insert into internal.feeds select * from feeds_after
