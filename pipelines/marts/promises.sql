-- promises: one row a promise. Reads the record `promises`. Times: UTC event time.
with made as (
    select i.*, p.as_of, i.opened_at + to_milliseconds(i.threshold) as due_at, case when i.until <= p.as_of then i.until end as closed_at
    from internal.intervals as i cross join internal.publication as p
    where i.record and i.rule = 'promises' and i.since <= p.as_of
)
select
    lpad(lower(hex(i."key")), 16, '0') as promise_id,
    i.customer_id,
    'j' || lpad(lower(hex(i.journey)), 16, '0') as journey_id,
    i.opened_at,
    i.due_at,
    i.closed_at,
    case
        when i.closed_at is null then case when i.due_at < i.as_of then 'overdue' else 'open' end
        when s.roles & '$withdrawn' <> 0 then 'withdrawn'
        when i.closed_at > i.due_at then 'kept late'
        else 'kept'
    end as outcome,
    (epoch_ms(i.closed_at) - epoch_ms(i.opened_at)) / 1e3::double as took_s,
    (epoch_ms(coalesce(i.closed_at, i.as_of)) - epoch_ms(i.due_at)) / 1e3::double as late_s,
    i.stage,
    i.channel,
    i.site,
    coalesce(i.team, o.owner) as owner,
    i.evidence
from made as i
left join internal.steps as s on s."key" = i.evidence_keys[2]
left join internal.owners as o on o.stage = i.stage
