-- bottleneck_cuts: the cuts of which bottlenecks are sought, and which places (stage, channel, site) each holds. Grain: number, place. A cut's number follows the order of
-- kinds and names. A venue is a site, named by its first place: with the spot (see visits.sql) it names a place.
with venues as (
    select place, min(place) over (partition by site) as venue, site from internal.places
),
visited as (
    select spot, place, any_value(by_wait) as by_wait from internal.visits where value_ms is not null group by spot, place
),
places as (
    select
        k.stage, k.channel, u.site, case when any_value(v.by_wait) then 'wait' else 'since_previous' end as basis, v.spot, u.venue, row_number() over () as place
    from visited as v join venues as u on u.place = v.place join internal.kinds as k on k.kind = v.spot
    group by k.stage, k.channel, u.site, v.spot, u.venue
),
held as (
    select 'stage' as cut, stage as cut_stage, null::varchar as cut_channel, null::varchar as cut_site, * from places
    union all
    select 'stage_channel', stage, channel, null, * from places where channel is not null
    union all
    select 'stage_site', stage, null, site, * from places where site is not null
)
select dense_rank() over (order by cut, cut_stage, cut_channel, cut_site) - 1 as number, * from held
