-- A call centre's calls and e-mails, with start and end to the minute: an event is an operation. Its place among others of the same start is given by the
-- end, then by the file's order; that is what `sequence` says. "Customer 3" is everybody who withheld a number: the journey map lists it as a placeholder.
-- Times have no zone in the file; they are read as UTC.
with read as (
    select
        *,
        try_strptime("Start Date", '%d.%m.%y %H:%M') as started,
        try_strptime("End Date", '%d.%m.%y %H:%M') as ended
    from source
)
select
    Operation as type,
    timezone('UTC', started) as time,
    date_diff('minute', started, ended) * 1099511627776 + row_number as sequence,
    "Customer ID" as customer_id,
    "Service ID" as case_id,
    case when Operation like '%Email%' then 'email' when Operation like '%Call%' then 'phone' else 'backoffice' end as channel,
    if(ended >= started, date_diff('second', started, ended), null) as service_s,
    {'id': Agent, 'kind': 'human', 'team': "Agent Position"} as actor,
    map {'product': Product, 'service_type': "Service Type"} as attributes
from read
