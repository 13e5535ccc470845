-- bottleneck_sums: visits and excess of each cut, by customer. Grain: number (of a cut), customer. Excess = duration beyond the adequate level, else beyond the cut's own
-- lower median of the visits that have no level: these need their cut, the others are added up once for all cuts. Whole milliseconds, so that parts add up in any order;
-- a customer's are cut off at 2^53, so that the sum of a cut fits 64 bits. Customers are numbers, in no order. Relation: cuts (bottleneck_cuts.sql).
with
people as (select customer, (row_number() over ())::integer as number from (select distinct customer from internal.whose)),
whose as materialized (select w.journey, p.number as customer from internal.whose as w join people as p using (customer)),
venues as (select place, min(place) over (partition by site) as venue from internal.places),
places as materialized (
    select distinct c.place::integer as place, c.spot, u.place as venue from cuts as c join venues as u on u.venue = c.venue
),
visited as materialized (
    select c.place, w.customer, v.value_ms, v.adequate_ms
    from internal.visits as v
    join whose as w on w.journey = v.journey
    join places as c on c.spot = v.spot and c.venue = v.place
    where v.value_ms is not null
),
medians as (
    select c.number, quantile_disc(v.value_ms, 0.5) as median_ms
    from visited as v join cuts as c on c.place = v.place where v.adequate_ms is null group by c.number
),
compared as materialized (
    select c.place::integer as place, c.number::integer as number, m.median_ms from cuts as c join medians as m on m.number = c.number
),
levelled as (
    select place, customer, count(*) as visits, sum(greatest(value_ms - adequate_ms, 0)) as excess_ms
    from visited where adequate_ms is not null group by place, customer
),
parts as (
    select c.number::integer as number, l.customer, l.visits, l.excess_ms, 0 as bare
    from levelled as l join cuts as c on c.place = l.place
    union all
    select c.number, v.customer, 1, greatest(v.value_ms - c.median_ms, 0), 1
    from visited as v join compared as c on c.place = v.place
    where v.adequate_ms is null
)
select number, customer, sum(visits)::bigint as visits, least(sum(excess_ms), 9007199254740992)::bigint as excess_ms, sum(bare)::bigint as bare
from parts group by number, customer
