-- ledger: how each key stands after all that was said about intervals, or with $conditions about feeds and the pipeline. Grain: key. Relation: internal.said.
-- Parameters: $conditions, $news_us (what began at most so long before it was said was news), $never.
select
    "key",
    arg_max(state, seq) as state,
    coalesce(arg_max(state, seq) filter (send), '') as told,
    arg_max(severity, seq) as severity,
    coalesce(arg_max(epoch_us(said_at) - epoch_us(since) <= $news_us, seq), false) as news,
    arg_max(epoch_us(since), seq) as since_us,
    arg_max(coalesce(epoch_us(until), $never), seq) as until_us,
    max(seq) as seq
from internal.said
where (subject_kind in ('feed', 'pipeline')) = $conditions
group by "key"
