-- Who comes back to where they were? Cases that went to and fro, that were moved and moved without progress, that were reopened, or that failed again after a recovery.
select rule, subject_kind, subject_id, customer_id, since, until, value, team, stage, channel
from mart.breaches
where rule in ('ping_pong', 'moves_without_progress', 'resolved_then_reopened', 'double_deviation')
order by until is not null, since desc, rule, subject_id
limit 50
