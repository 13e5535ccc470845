-- complaints: one row a complaint. Reads the record `complaints`. Times: UTC event time.
with filed as (
    select
        i.*, p.as_of, case when i.until <= p.as_of then i.until end as closed_at,
        case when i.opened_at + to_milliseconds(i.value) <= p.as_of then i.opened_at + to_milliseconds(i.value) end as acknowledged_at
    from internal.intervals as i cross join internal.publication as p
    where i.record and i.rule = 'complaints' and i.since <= p.as_of
)
select
    lpad(lower(hex(i."key")), 16, '0') as complaint_id,
    i.customer_id,
    'j' || lpad(lower(hex(i.journey)), 16, '0') as journey_id,
    i.opened_at,
    i.acknowledged_at,
    i.closed_at,
    case when i.closed_at is not null then 'settled' when i.acknowledged_at is not null then 'acknowledged' else 'open' end as outcome,
    (epoch_ms(i.acknowledged_at) - epoch_ms(i.opened_at)) / 1e3::double as unheard_s,
    (epoch_ms(i.closed_at) - epoch_ms(i.opened_at)) / 1e3::double as took_s,
    i.stage,
    i.channel,
    i.site,
    coalesce(i.team, o.owner) as owner,
    i.evidence
from filed as i
left join internal.owners as o on o.stage = i.stage
