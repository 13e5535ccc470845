-- Many customers wait on one and the same operation: one breakdown, with the list of those who wait.
-- grain: the operation, each time that somebody begins to wait on it
-- scope: all
-- window: 90 days
-- roles: backstage wait_opens wait_closes human_sought human_reached answer_owed listened attempt answered handoff_open accepted returned complaint acknowledged settled delivery_owed delivered cancelled refunded
-- apart: operation
-- unit: count
-- subject: operation
-- setting: customers = 3
-- setting: within = 4h
-- It holds while so many different customers wait on the operation, or waited on it less than `within` ago; it is one breakdown as long as any such customer is left.
-- An operation holds a wait up as in wait_caused_backstage. The value is how many customers waited; evidence are the events that opened their waits, at most 1,000.
with works as (
    select
        coalesce(correlation_id, causation_id) as operation, causation_id, min(occurred_at) as begun_at,
        case when arg_max(has(roles, 'work_ended'), place) then max(occurred_at) end as ended_at, arg_min(team, place) as team
    from operations group by all
),
openings as (
    select
        s.key, s.event_id, s.correlation_id, s.customer_id, s.occurred_at, s.place, p.name,
        case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow, case when p.key = 'journey' then '' else coalesce(s.channel, '') end as spot
    from steps as s join pairs as p on p.thing = s.thing and p.wait and s.roles & p.opens <> 0
),
held_up as (
    select o.*, w.operation, w.begun_at, w.ended_at, w.team from openings as o join works as w on w.causation_id = o.event_id and w.begun_at between o.occurred_at - to_milliseconds($window) and o.occurred_at + to_milliseconds($window)
    union all
    select o.*, w.operation, w.begun_at, w.ended_at, w.team from openings as o join works as w on w.causation_id is null and w.operation = o.correlation_id and w.begun_at between o.occurred_at - to_milliseconds($window) and o.occurred_at + to_milliseconds($window)
),
shared as (
    from held_up semi join (select operation from held_up group by operation having count(distinct customer_id) >= $customers) using (operation)
),
closings as (
    select
        s.customer_id, s.occurred_at, s.place, p.name, case when p.key = 'case' then coalesce(s.case_id, s.correlation_id) else s.correlation_id end as flow,
        case when p.key = 'journey' then '' else coalesce(s.channel, '') end as spot
    from steps as s join pairs as p on p.thing = s.thing and p.wait and s.roles & p.closes <> 0
),
-- Joined apart, so that of who has many flows only what belongs together is compared.
ends as (
    select o.key, o.name, c.occurred_at
    from shared as o join closings as c on c.customer_id = o.customer_id and c.name = o.name and c.flow = o.flow
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    union all
    select o.key, o.name, c.occurred_at
    from (from shared where flow is null) as o join closings as c on c.customer_id = o.customer_id and c.name = o.name and c.spot = o.spot
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    union all
    select o.key, o.name, c.occurred_at
    from shared as o join (from closings where flow is null) as c on c.customer_id = o.customer_id and c.name = o.name and c.spot = o.spot
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
),
followed as (
    select
        s.*, greatest(s.occurred_at, s.begun_at) as from_at, least(e.closed_at, s.ended_at) as over_at, over_at + to_milliseconds($within) as until_at
    from shared as s left join (select key, name, min(occurred_at) as closed_at from ends group by key, name) as e on e.key = s.key and e.name = s.name
),
-- One customer who waits twice counts once: waits that follow one another within that time are one spell.
marked as (
    select
        *,
        coalesce(from_at > max(coalesce(until_at, 'infinity')) over (partition by operation, customer_id order by from_at, place rows between unbounded preceding and 1 preceding), true) as begins
    from followed where over_at is null or over_at > from_at
),
spells as (
    select operation, customer_id, spell, min(from_at) as from_at, case when count(until_at) = count(*) then max(until_at) end as until_at, any_value(team order by from_at, place) as team, list(key order by from_at, place) as keys
    from (select *, count_if(begins) over (partition by operation, customer_id order by from_at, place) as spell from marked)
    group by operation, customer_id, spell
),
turns as (
    select operation, customer_id, from_at as turned_at, 1 as turn, team, keys from spells
    union all
    select operation, customer_id, until_at, -1, null, null from spells where until_at is not null
),
counted as (
    select *, sum(turn) over through_time as waiting
    from turns
    window through_time as (partition by operation order by turned_at, turn desc, customer_id rows between unbounded preceding and current row)
),
periods as (
    select *, count_if(turn = 1 and waiting = 1) over (partition by operation order by turned_at, turn desc, customer_id) as period from counted
),
found as (
    select
        operation, any_value(team order by turned_at, customer_id) as team, min(turned_at) as opened_at, min(turned_at) filter (where waiting >= $customers) as since,
        case when arg_max(waiting, (turned_at, -turn, customer_id)) < $customers then max(turned_at) filter (where waiting = $customers - 1 and turn = -1) end as until,
        count(distinct customer_id) as value, flatten(list(keys order by turned_at, customer_id) filter (where keys is not null)) as evidence
    from periods group by operation, period
)
select
    null::varchar as customer_id, 'operation' as subject_kind, operation as subject_id, xor(evidence[1], md5_number_lower(operation)) as opening_key, opened_at, since, until,
    value, $customers as threshold, evidence[:1000] as evidence, operation, team
from found
where since is not null
qualify row_number() over (partition by operation, evidence[1] order by opened_at) = 1  -- who waits twice by one event opens one breakdown
