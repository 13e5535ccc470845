-- Any XES log without a mapping of its own: customer = case, type = the activity.
-- The transaction of the lifecycle extension becomes `lifecycle` where it is one of the standard three; as it stands it is kept in the attributes.
-- optional: concept:name, case:concept:name, lifecycle:transition, org:resource, org:group, time:timestamp
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    case lower("lifecycle:transition") when 'schedule' then 'queued' when 'start' then 'started' when 'complete' then 'completed' end as lifecycle,
    {'id': "org:resource", 'team': "org:group"} as actor,
    struct_pack(*columns(lambda c: c not in ('concept:name', 'case:concept:name', 'org:resource', 'org:group', 'time:timestamp', 'row_number'))) as attributes
from source
