-- visits: each step with the duration that its stage is judged by: its wait, or the time since the step before where no step of the stage has a wait. A spot, a stage in a
-- channel, is named by its first kind, so that it is a number that stays. Grain: step.
with waited as (
    select kind, count(wait_ms) > 0 as has_wait from internal.step_rows group by kind
),
bases as (
    select k.stage, bool_or(w.has_wait) as by_wait from waited as w join internal.kinds as k on k.kind = w.kind group by k.stage
),
spots as (
    select k.kind, min(k.kind) over (partition by k.stage, k.channel) as spot, b.by_wait, k.desired_ms, k.adequate_ms
    from internal.kinds as k join bases as b on b.stage is not distinct from k.stage
)
select
    r.journey, r.occurred_at, r.place, s.spot, s.by_wait, coalesce(r.own_desired_ms, s.desired_ms) as desired_ms,
    coalesce(r.own_adequate_ms, s.adequate_ms) as adequate_ms, case when s.by_wait then r.wait_ms else r.since_previous_ms end as value_ms
from internal.step_rows as r join spots as s on s.kind = r.kind
