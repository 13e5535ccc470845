-- bottleneck_bases: visits of each cut, and how many of them have no level. Grain: number (of a cut). Relation: bottleneck_sums.
select number, sum(visits)::bigint as visits, sum(bare)::bigint as bare from bottleneck_sums where number between $lo and $hi group by number order by number
