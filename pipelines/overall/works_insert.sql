-- works_insert: work behind the line that names no customer. Relation: incoming_operations.
insert into internal.works
select
    "key", content, disputed, time_us, sequence, source, event_id, type, channel, site, actor_id, team, correlation_id, causation_id, attributes['element'], given_stage,
    case when coalesce(correlation_id, causation_id) is not null then hash(coalesce(correlation_id, causation_id)) end,
    case when causation_id is not null then hash(causation_id) end
from incoming_operations
