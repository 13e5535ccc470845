-- customer_stats: one row a customer, whole numbers only, so that they net and merge exactly. Oversized journeys have no steps: they count only for when a customer was seen.
-- Markers of roles are replaced by their bits.
with
seen as (
    select
        customer_id,
        min(journey) as customer,
        bool_or(known) as known,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as journey_count,
        arg_max(segment, {'us': segment_us, 'sequence': segment_sequence, 'key': segment_key}) filter (where segment is not null and not oversized) as segment,
        arg_max(client_type, {'us': client_type_us, 'sequence': client_type_sequence, 'key': client_type_key})
            filter (where client_type is not null and not oversized) as client_type
    from internal.journeys group by customer_id
),
dated as (
    select
        customer,
        count_if(roles & '$purchase'::ubigint <> 0)::bigint as purchase_days,
        min(day) filter (where roles & '$purchase'::ubigint <> 0) as first_purchase_on,
        max(day) filter (where roles & '$purchase'::ubigint <> 0) as last_purchase_on,
        count_if(roles & '$contact'::ubigint <> 0)::bigint as contact_days,
        min(day) filter (where roles & '$contact'::ubigint <> 0) as first_contact_on,
        max(day) filter (where roles & '$contact'::ubigint <> 0) as last_contact_on
    from internal.customer_days group by customer
),
bought as (
    select
        w.customer,
        count(*) as purchase_count,
        try_cast(sum(s.money_minor) as bigint) as spent_minor,
        min(split_part(k.money_kind, ' ', 1)) filter (where s.money_minor is not null) as least_currency,
        max(split_part(k.money_kind, ' ', 1)) filter (where s.money_minor is not null) as greatest_currency
    from internal.step_rows as s join internal.kinds as k on k.kind = s.kind join internal.whose as w on w.journey = s.journey
    where k.roles & '$purchase'::ubigint <> 0
    group by w.customer
),
-- Apart, and whole: joined to the few customers and dates at once, a million steps would be taken for a few.
failed as materialized (
    select s.journey, s.occurred_at, k.roles & '$failure'::ubigint <> 0 as is_failure, s.wait_ms > coalesce(s.own_adequate_ms, k.adequate_ms) as is_long
    from internal.step_rows as s join internal.kinds as k on k.kind = s.kind
    where k.roles & '$failure'::ubigint <> 0 or s.wait_ms > coalesce(s.own_adequate_ms, k.adequate_ms)
),
troubled as (
    select w.customer, count_if(f.is_failure)::bigint as failures, count_if(f.is_long)::bigint as long_waits
    from failed as f join internal.whose as w on w.journey = f.journey cross join internal.publication as p
    where f.occurred_at > p.as_of - interval 90 days and f.occurred_at <= p.as_of
    group by w.customer
),
marked as (
    select s.journey, s.position, k.roles & '$complaint'::ubigint <> 0 as complained,
        coalesce(max(s.position) filter (where k.roles & '$settled'::ubigint <> 0) over (partition by s.journey), 0) as answered
    from internal.step_rows as s join internal.kinds as k on k.kind = s.kind where k.roles & '$complaint_or_settled'::ubigint <> 0
),
complaints as (
    select w.customer, count_if(m.position > m.answered)::bigint as open_complaints
    from marked as m join internal.whose as w on w.journey = m.journey
    where m.complained group by w.customer
)
select
    s.*,
    coalesce(b.purchase_count, 0) as purchase_count,
    coalesce(d.purchase_days, 0) as purchase_days,
    d.first_purchase_on,
    d.last_purchase_on,
    coalesce(d.contact_days, 0) as contact_days,
    d.first_contact_on,
    d.last_contact_on,
    b.spent_minor,
    case when b.least_currency is null then 0 when b.least_currency = b.greatest_currency then 1 else 2 end as currency_count,
    b.least_currency as currency,
    coalesce(c.open_complaints, 0) as open_complaints,
    coalesce(t.failures, 0) as failures,
    coalesce(t.long_waits, 0) as long_waits
from seen as s
left join dated as d using (customer)
left join bought as b using (customer)
left join troubled as t using (customer)
left join complaints as c using (customer)
