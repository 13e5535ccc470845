-- Environmental permits of a Dutch municipality, the receipt phase: an event is a step. The customer is the case: the log knows no other.
-- What the law promises the applicant (case:deadline) is a promise of the first step, Confirmation of receipt.
-- optional: org:resource, org:group, case:channel, case:department, case:deadline, case:group, case:responsible
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    "case:channel" as channel,
    'completed' as lifecycle,
    {'id': "org:resource", 'team': "org:group"} as actor,
    if("concept:name" = 'Confirmation of receipt' and "case:deadline" is not null, {'due_at': "case:deadline", 'kind': 'deadline'}, null) as promise,
    map {'department': "case:department", 'group': "case:group", 'responsible': "case:responsible"} as attributes
from source
