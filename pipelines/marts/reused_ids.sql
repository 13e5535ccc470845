-- reused_ids: how often a source gave the same id to events of another time, case or customer, with a few examples. One row. Only a number of 64 bits a step is
-- grouped: text would not fit into memory. House events and oversized journeys are not looked at.
with repeated as (
    select hash(source, event_id) as h, count(*) as n from internal.steps group by h having count(*) > 1
)
select
    'id_reused' as name,
    coalesce((select sum(n - 1) from repeated), 0)::bigint as n,
    (select list(distinct s.source || ' ' || s.event_id order by s.source || ' ' || s.event_id)[:5]
        from internal.steps as s where hash(s.source, s.event_id) in (select h from repeated)) as examples
