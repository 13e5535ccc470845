-- dossier_purchases: the latest purchases of customers. Grain: event, at most $most a customer, the latest first. Relation: asked(customer_id). Parameters: $most, $purchase.
select j.customer_id, s.event_id, split_part(s.money_kind, ' ', 1) as currency
from internal.steps as s
join (select journey, customer_id from internal.journeys where customer_id in (select customer_id from asked)) as j on j.journey = s.journey
where s.roles & $purchase <> 0
qualify row_number() over (partition by j.customer_id order by s.occurred_at desc, s."key") <= $most
order by j.customer_id, s.occurred_at desc, s."key"
