-- Tickets of a software company's help desk: an event is a step of a ticket. The customer is the firm that wrote it (seven tickets have two); a journey is a
-- ticket of a customer. "Wait" is waiting for the customer; tickets close by themselves after 30 days.
-- optional: org:resource, workgroup, product, seriousness, seriousness_2, service_level, service_type, responsible_section, support_section
select
    customer as customer_id,
    "case:concept:name" as case_id,
    "concept:name" as type,
    "time:timestamp" as time,
    {'id': "org:resource", 'team': workgroup} as actor,
    map {
        'segment': service_level, 'product': product, 'seriousness': seriousness, 'seriousness_2': seriousness_2, 'service_type': service_type,
        'responsible_section': responsible_section, 'support_section': support_section
    } as attributes
from source
