-- recoveries: one row a matter that the company set out to make good. Reads the record `recoveries`. Times: UTC event time.
with begun as (
    select i.*, p.as_of, case when i.until <= p.as_of then i.until end as closed_at
    from internal.intervals as i cross join internal.publication as p
    where i.record and i.rule = 'recoveries' and i.since <= p.as_of
),
shown as (
    select "key", as_of, unnest(evidence_keys) as event_key from begun
),
staged as (
    select
        b."key",
        min(s.occurred_at) filter (where s.roles & '$recovery_acknowledged' <> 0) as acknowledged_at,
        min(s.occurred_at) filter (where s.roles & '$recovery_owned' <> 0) as owned_at,
        min(s.occurred_at) filter (where s.roles & '$recovery_action' <> 0) as acted_at,
        min(s.occurred_at) filter (where s.roles & '$recovery_fixed' <> 0) as fixed_at,
        count_if(s.roles & '$recovery_confirmed_or_settled' <> 0) > 0 as is_well,
        min(s.team) filter (where s.roles & '$recovery_owned' <> 0) as owner,
        sum(s.money_minor) filter (where s.roles & '$recovery_action' <> 0)::bigint as compensation_minor,
        min(split_part(s.money_kind, ' ', 1)) filter (where s.roles & '$recovery_action' <> 0 and s.money_minor is not null) as currency
    from shown as b join internal.steps as s on s."key" = b.event_key
    where s.occurred_at <= b.as_of
    group by b."key"
)
select
    lpad(lower(hex(i."key")), 16, '0') as recovery_id,
    i.customer_id,
    'j' || lpad(lower(hex(i.journey)), 16, '0') as journey_id,
    i.opened_at,
    t.acknowledged_at,
    t.owned_at,
    t.acted_at,
    t.fixed_at,
    i.closed_at,
    case when i.closed_at is null then 'open' when t.is_well then 'well' else 'failed' end as outcome,
    (epoch_ms(t.fixed_at) - epoch_ms(i.opened_at)) / 1e3::double as fixed_s,
    t.compensation_minor,
    t.currency,
    i.stage,
    i.channel,
    i.site,
    coalesce(t.owner, i.team, o.owner) as owner,
    i.evidence
from begun as i
left join staged as t on t."key" = i."key"
left join internal.owners as o on o.stage = i.stage
