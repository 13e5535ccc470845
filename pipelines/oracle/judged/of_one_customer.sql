-- of_one_customer: what a rule of scope `customer` sees: the events with one of its roles, ids as numbers. Grain: key. Reads `walked`. Parameter: $roles (bits).
select * replace (
    hash(customer_id) as customer_id,
    "key" as event_id,
    case when case_id is not null then hash(case_id) end as case_id,
    case when correlation_id is not null then hash(correlation_id) end as correlation_id,
    case when journey_id is not null then hash(journey_id) end as journey_id
)
from walked
where roles & $roles <> 0
