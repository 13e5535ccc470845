-- last: what was said last of each alert, the gravest first. Grain: alert. Parameters: $open (only those that may hold), $rule, $site, $stage (globs; null: any), $key (its
-- beginning; null: any).
with last as (
    select *, min(said_at) over (partition by "key") as first_said_at, bool_or(send) over (partition by "key") as sent
    from mart.alerts
    where ($rule is null or rule glob $rule) and ($key is null or starts_with("key", $key))
    qualify row_number() over (partition by "key" order by seq desc) = 1
)
select
    "key", rule, severity, harm as harm_min, state, subject_kind, subject_id, customer_id, since, until, value, threshold, unit, stage, channel, site, team,
    operation, first_said_at, said_at, as_of, sent, seq
from last
where
    (not $open or state in ('opened', 'updated', 'unknown'))
    and ($site is null or coalesce(site, '') glob $site) and ($stage is null or coalesce(stage, '') glob $stage)
order by harm desc, since, "key"
