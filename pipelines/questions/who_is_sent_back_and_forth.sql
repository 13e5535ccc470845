-- Who is sent back and forth? Journeys that a team gave to another and got back (A, B, A): how many, and between whom. Events that name no team
-- pass nothing on. A journey counts once for each pair of teams; the first row (both teams empty) counts each journey once.
with led as (  -- the steps at which another team takes over
    select journey_id, position, team
    from (select journey_id, position, team, lag(team) over (partition by journey_id order by position) as before from mart.steps where team is not null)
    where team is distinct from before
),
seen as (
    select
        journey_id, team,
        lag(team) over (partition by journey_id order by position) as other,
        lag(team, 2) over (partition by journey_id order by position) as earlier
    from led
),
back as (
    select distinct journey_id, team, other from seen where team = earlier
)
select null as team, null as other, count(distinct journey_id) as journeys from back
union all
select team, other, count(*) as journeys from back group by team, other
order by journeys desc, team nulls first, other nulls first
