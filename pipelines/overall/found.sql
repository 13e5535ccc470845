-- found: what a rule of scope all returned, as rows of internal.intervals. Grain: key. Relations: returned, touchpoints, operations. Parameters: $rule, $unit, $record.
create or replace temp table found as
with evidence as (
    select "key", unnest(evidence_keys) as one, generate_subscripts(evidence_keys, 1) as at from returned
),
events as (
    select "key", event_id, journey, stage, channel, site, team from touchpoints where "key" in (select one from evidence)
    union all by name
    select "key", event_id, stage, channel, site, team from operations
),
told as (
    select r."key", list(e.event_id order by r.at) as evidence from evidence as r join events as e on e."key" = r.one group by r."key"
)
select
    $rule as rule, r."key", $record as record, $unit as unit, r.customer_id, r.subject_kind, r.subject_id, r.opened_at, r.since, r.until, r.value, r.threshold,
    t.evidence, r.evidence_keys, e.journey, e.stage, e.channel, coalesce(r.site, e.site) as site, coalesce(r.team, e.team) as team, r.operation
from returned as r
join told as t on t."key" = r."key"
join events as e on e."key" = r.evidence_keys[1]
