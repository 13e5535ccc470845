-- candidates: the intervals of some keys, with what weighs in their severity. Grain: key. Relations: asked(key), priorities(stage, segment, client_type,
-- weight), rule_weights(rule, weight). Parameters: $purchase_minor, $most_at_risk.
-- Where a rule about an operation counts, it counts the people that wait for it.
with held as (
    select i.* from internal.intervals as i where i."key" in (select "key" from asked) and not i.record
),
risky as (
    select customer_id, least($most_at_risk, 1 + max(revenue_at_risk_minor) / $purchase_minor) as weight
    from internal.scores
    where customer_id in (select customer_id from held) and revenue_at_risk_minor is not null
    group by customer_id
),
facts as (
    select journey, any_value(segment) as segment, any_value(client_type) as client_type
    from internal.journeys
    where journey in (select journey from held) and exists (from priorities)
    group by journey
),
preferred as (
    select h."key", product(p.weight) as weight
    from held as h
    left join facts as f on f.journey = h.journey
    join priorities as p on
        (p.stage is null or p.stage = h.stage) and (p.segment is null or p.segment = f.segment) and (p.client_type is null or p.client_type = f.client_type)
    group by h."key"
)
select
    h."key", h.rule, h.unit, h.customer_id, h.subject_kind, h.subject_id, epoch_us(h.opened_at) as opened_us, epoch_us(h.since) as since_us,
    epoch_us(h.until) as until_us, h.value, h.threshold, h.evidence, h.evidence_keys, h.journey, h.stage, h.channel, h.site, h.team, h.operation,
    case when h.unit = 'count' and h.subject_kind <> 'operation' then greatest(h.value - h.threshold, 0) else 0 end as beyond,
    case when h.unit = 'minor' then greatest(h.value - h.threshold, 0) else 0 end as beyond_minor,
    case when h.unit = 'count' and h.subject_kind = 'operation' then greatest(h.value, 1) else 1 end as people,
    coalesce(w.weight, 1)::double as rule_weight, coalesce(preferred.weight, 1)::double as priority, coalesce(risky.weight, 1)::double as at_risk
from held as h
left join rule_weights as w on w.rule = h.rule
left join preferred on preferred."key" = h."key"
left join risky on risky.customer_id = h.customer_id
order by h.since, h."key"
