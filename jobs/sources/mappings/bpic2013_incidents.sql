-- Incidents at Volvo IT: an event is a status; the sub-status (In Progress, Wait - User, …) stands in the attributes. The channel is the organization's line.
-- The customer is the case: the log knows no other.
-- optional: org:resource, org:group, org:role, organization country, resource country, impact, product
select
    "case:concept:name" as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    "organization involved" as channel,
    {'id': "org:resource", 'team': "org:group"} as actor,
    map {
        'sub_status': "lifecycle:transition", 'impact': impact, 'product': product, 'role': "org:role",
        'organization_country': "organization country", 'resource_country': "resource country"
    } as attributes
from source
