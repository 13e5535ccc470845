-- visible_waits: one row a wait that a customer can feel, longer than 0 ms: it stands in the step that ends it, or is open at as_of. Times in µs. Work that names the customer is none.
-- `wait` is the key of the step that ends it, of one that is open that of the step that opened it. `first_id` and `first_key` are what may be named as cause: the event that opened it,
-- else the one that carries it. Where the source measured the wait, it ends with the step and lasts as long as was measured.
with ended as (
    select
        s.journey, s."key" as wait, s.stage, s.channel, coalesce(s.site, o.site) as site, o.event_id as opened_by, s.event_id as closed_by, coalesce(o."key", s."key") as first_key,
        s.wait_ms, epoch_us(s.occurred_at) as until_us, epoch_us(o.occurred_at) as opened_us
    from internal.steps as s left join internal.steps as o on o.journey = s.journey and o.position = s.opener_position
    where s.wait_ms > 0 and s.roles & '$backstage' = 0
),
waiting as (
    select j.journey, unnest(j.open_waits) as w, epoch_us(p.as_of) as as_of_us
    from internal.journeys as j cross join internal.publication as p
    where len(j.open_waits) > 0
)
select
    journey, wait, false as is_open, stage, channel, site, opened_by, closed_by, first_key, coalesce(opened_by, closed_by) as first_id, wait_ms,
    case when (until_us - opened_us) // 1000 = wait_ms then opened_us else until_us - 1000 * wait_ms end as since_us, until_us
from ended
union all
select
    w.journey, s."key", true, w.w.stage, w.w.channel, s.site, s.event_id, null, s."key", s.event_id, (w.as_of_us - w.w.since_us) // 1000, w.w.since_us, w.as_of_us
from waiting as w join internal.steps as s on s."key" = w.w."key"
where w.as_of_us - w.w.since_us >= 1000 and s.roles & '$backstage' = 0
