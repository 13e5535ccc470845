-- going_on: what was told of feeds and of the pipeline and is not over. Grain: alert. Relation: internal.said.
select "key", rule, subject_kind, subject_id, unit, epoch_us(since) as since_us, coalesce(value, 0) as value, coalesce(threshold, 0) as threshold, channel, site
from internal.said
where subject_kind in ('feed', 'pipeline')
qualify row_number() over (partition by "key" order by seq desc) = 1 and state in ('opened', 'updated')
