-- handoffs: one row a move or a hand-over that was asked for. Reads the record `handoffs`. Times: UTC event time.
select
    lpad(lower(hex(i."key")), 16, '0') as handoff_id,
    i.customer_id,
    'j' || lpad(lower(hex(i.journey)), 16, '0') as journey_id,
    i.opened_at,
    case when i.until <= p.as_of then i.until end as closed_at,
    case
        when i.until is null or i.until > p.as_of then 'open'
        when len(i.evidence_keys) = 1 then 'moved'
        when s.roles & '$returned' <> 0 then 'returned'
        else 'accepted'
    end as outcome,
    i.team as from_team,
    case when i.until <= p.as_of then i.operation end as to_team,
    case when i.until <= p.as_of then i.value / 1e3::double end as wait_s,
    i.stage,
    i.channel,
    i.site,
    o.owner,
    i.evidence
from internal.intervals as i
cross join internal.publication as p
left join internal.steps as s on s."key" = i.evidence_keys[2]
left join internal.owners as o on o.stage = i.stage
where i.record and i.rule = 'handoffs' and i.since <= p.as_of
