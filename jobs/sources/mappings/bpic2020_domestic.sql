-- Travel declarations of a university: an event is a step of a declaration's approval and payment, by the role that took it.
-- The customer is the case: the log knows no other. Amounts are the log's own (made unrecognizable), so they are no money here.
-- optional: org:role, org:resource, (case)_Amount, (case)_BudgetNumber, (case)_DeclarationNumber
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    "org:role" as channel,
    'completed' as lifecycle,
    {'id': "org:resource", 'team': "org:role"} as actor,
    map {'amount': "(case)_Amount", 'budget': "(case)_BudgetNumber", 'declaration': "(case)_DeclarationNumber"} as attributes
from source
