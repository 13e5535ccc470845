-- How far do they come? A funnel of three types in a loose order; put your own in. Each customer counts once at each place that they reached in order.
with wanted(place, type) as (
    values (1, 'page.viewed'), (2, 'order.placed'), (3, 'order.paid')
),
acts as (
    select j.customer_id, w.place, s.occurred_at
    from mart.steps as s join wanted as w on w.type = s.type join mart.journeys as j on j.journey_id = s.journey_id
),
begun as (
    select *, min(occurred_at) filter (where place = 1) over (partition by customer_id) as first_at from acts
),
gone_on as (
    select *, min(occurred_at) filter (where place = 2 and occurred_at >= first_at) over (partition by customer_id) as second_at from begun
),
reached as (
    select customer_id, unnest([1, 2, 3]) as place,
        unnest([any_value(first_at), any_value(second_at), min(occurred_at) filter (where place = 3 and occurred_at >= second_at)]) as reached_at
    from gone_on group by customer_id
),
counted as (
    select place, count(reached_at) as customers from reached group by place
)
select place, type, customers, customers / nullif(first_value(customers) over (order by place), 0) as conversion_rate,
    customers / nullif(lag(customers) over (order by place), 0) as step_conversion_rate
from counted join wanted using (place)
order by place
