-- Who has to come again? Of the cases with at least one contact of these types, how many needed more than one, with a 95 % interval (Wilson 1927).
-- Put your own types in. A case is a journey; how often it took how many contacts stands beside it.
with wanted("type") as (
    values ('call.offered'), ('Inbound Call'), ('message.received'), ('Inbound Email')
),
contacts as (
    select "type", journey_id, count(*) as contacts
    from mart.steps join wanted using ("type")
    group by "type", journey_id
),
counted as (
    select "type", count(*) as cases, count(*) filter (where contacts > 1) as again, max(contacts) as most, avg(contacts) as mean_contacts
    from contacts group by "type"
)
select
    "type", cases, again, again / cases as share,
    (again + 1.9208 - 1.96 * sqrt(again * (1 - again / cases) + 0.9604)) / (cases + 3.8416) as share_low,
    (again + 1.9208 + 1.96 * sqrt(again * (1 - again / cases) + 0.9604)) / (cases + 3.8416) as share_high,
    most, round(mean_contacts, 2) as mean_contacts
from counted
order by again desc, "type"
