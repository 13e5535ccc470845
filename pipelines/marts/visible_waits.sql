-- visible_waits: one row a wait that a customer can feel, longer than 0 ms. Times in µs. Work that names its customer is none.
-- It stands in the step that ends it (`wait` is the key of that step, and where the source measured it, it lasted as long as measured), or was only opened (`wait` is the key of the
-- opening): then it lasts up to what ended it in another journey, else up to as_of. `first_id` and `first_key` may be named as cause: the event that opened it, else the one that carries it.
with ended as (
    select
        s.journey, s."key" as wait, s.stage, s.channel, coalesce(s.site, o.site) as site, o.event_id as opened_by, s.event_id as closed_by, coalesce(o."key", s."key") as first_key,
        s.wait_ms, epoch_us(s.occurred_at) as until_us, epoch_us(o.occurred_at) as opened_us
    from internal.steps as s left join internal.steps as o on o.journey = s.journey and o.position = s.opener_position
    where s.wait_ms > 0 and s.roles & '$backstage' = 0
),
opened as (
    select w.*, coalesce(w.closed_us, epoch_us(p.as_of)) as until_us
    from internal.opened_waits as w cross join internal.publication as p
    where w.roles & '$backstage' = 0
)
select
    journey, wait, false as is_opening, stage, channel, site, opened_by, closed_by, first_key, coalesce(opened_by, closed_by) as first_id, wait_ms,
    case when (until_us - opened_us) // 1000 = wait_ms then opened_us else until_us - 1000 * wait_ms end as since_us, until_us
from ended
union all
select
    journey, "key", true, coalesce(closed_in, opened_in), case when closed_by is null then opened_channel else closed_channel end, coalesce(closed_site, opened_site),
    opened_by, closed_by, "key", opened_by, (until_us - since_us) // 1000, since_us, until_us
from opened
where until_us - since_us >= 1000
