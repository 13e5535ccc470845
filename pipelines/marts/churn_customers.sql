-- churn_customers: what the churn estimate reads of each customer, in the order of ids. Days count from 1970-01-01.
select
    customer_id,
    case when known then 'known' else 'anonymous' end as kind,
    purchase_days,
    first_purchase_on - date '1970-01-01' as first_purchase_day,
    last_purchase_on - date '1970-01-01' as last_purchase_day,
    contact_days,
    first_contact_on - date '1970-01-01' as first_contact_day,
    last_contact_on - date '1970-01-01' as last_contact_day,
    spent_minor,
    currency_count::bigint as currency_count,
    open_complaints,
    failures,
    long_waits
from internal.customer_stats order by customer_id
