-- customer_days: on which UTC days a customer (a number, see whose.sql) bought or was in contact: the roles of that day's events, as bits. Grain: customer, day.
select w.customer, s.occurred_at::date as day, bit_or(k.roles) as roles
from internal.step_rows as s join internal.kinds as k on k.kind = s.kind join internal.whose as w on w.journey = s.journey
where k.roles & '$purchase_or_contact'::ubigint <> 0
group by all
