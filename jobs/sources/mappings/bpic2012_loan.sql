-- Loan applications of a Dutch bank: an event is a state of the application (A_), of an offer (O_), or a step of manual work (W_).
-- The customer is the case: the log knows no other.
-- optional: org:resource, case:AMOUNT_REQ, case:REG_DATE
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    case left("concept:name", 2) when 'A_' then 'application' when 'O_' then 'offer' when 'W_' then 'work item' end as channel,
    case lower("lifecycle:transition") when 'schedule' then 'queued' when 'start' then 'started' when 'complete' then 'completed' end as lifecycle,
    {'id': "org:resource"} as actor,
    map {'amount_requested': "case:AMOUNT_REQ", 'registered_at': "case:REG_DATE"} as attributes
from source
