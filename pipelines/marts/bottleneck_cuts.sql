-- bottleneck_cuts: the cuts of which bottlenecks are sought, and which places (stage, channel, site) each holds. Grain: number, place. A cut's number follows the order of
-- kinds and names.
with places as (
    select stage, channel, site, any_value(basis) as basis, row_number() over () as place from internal.visits where value_ms is not null group by stage, channel, site
),
held as (
    select 'stage' as cut, stage as cut_stage, null::varchar as cut_channel, null::varchar as cut_site, * from places
    union all
    select 'stage_channel', stage, channel, null, * from places where channel is not null
    union all
    select 'stage_site', stage, null, site, * from places where site is not null
)
select dense_rank() over (order by cut, cut_stage, cut_channel, cut_site) - 1 as number, * from held
