-- visits: each step with the duration that its stage is judged by: its wait, or the time since the step before where no step of the stage has a wait.
with bases as (
    select stage, case when count(wait_ms) > 0 then 'wait' else 'since_previous' end as basis from internal.steps group by stage
)
select s.*, b.basis, case when b.basis = 'wait' then s.wait_ms else s.since_previous_ms end as value_ms
from internal.steps as s join bases as b on b.stage is not distinct from s.stage
