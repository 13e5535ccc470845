-- Russian tweets about banks and telecom companies, labelled by hand: a row is a tweet and a company; a negative one is a complaint. The company stands
-- where a branch would. Authors are not known: customer 0 is the journey map's placeholder, and each row a flow of its own. Times are UTC.
select
    if(label = '-1', 'complaint.filed', 'feedback.received') as type,
    timezone('UTC', try_cast(created_at as timestamp)) as time,
    '0' as customer_id,
    company || '/' || id as correlation_id,
    'social' as channel,
    company as site,
    text,
    'ru' as language,
    map {'company': company, 'label': label, 'tweet': id} as attributes
from source
