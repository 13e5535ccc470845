-- of_one_customer: what a rule of scope `customer` sees: the events with one of its roles, ids as numbers, `customer_id` the number of their island. Grain: key.
-- An island: events of one customer that agree in what keeps them apart and follow one another within the window; one of more than 2,000 is not judged. Reads `walked`.
-- Parameters: $roles (bits), $window_us, $apart ('thing', 'case_id' or null).
with parted as (
    select *, case $apart when 'thing' then 't' || thing when 'case_id' then 'c' || case_id end as part from walked where roles & $roles <> 0
),
begun as (
    select
        *, coalesce(epoch_us(occurred_at) - lag(epoch_us(occurred_at)) over (partition by customer_id, part order by place) > $window_us, true) as begins
    from parted
),
numbered as (
    select *, count_if(begins) over (order by customer_id, part, place) as island from begun
)
select
    * exclude (part, begins, island)
    replace (
        island::ubigint as customer_id,
        "key" as event_id,
        case when case_id is not null then hash(case_id) end as case_id,
        case when correlation_id is not null then hash(correlation_id) end as correlation_id,
        case when journey_id is not null then hash(journey_id) end as journey_id
    )
from numbered
qualify count(*) over (partition by island) <= 2000
