-- customer_stats: one row a customer, whole numbers only, so that they net and merge exactly. Oversized journeys have no steps: they count only for when a customer was seen.
-- Markers of roles are replaced by their bits.
with
seen as (
    select
        customer_id,
        bool_or(known) as known,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as journey_count,
        arg_max(segment, {'us': segment_us, 'sequence': segment_sequence, 'key': segment_key}) filter (where segment is not null and not oversized) as segment,
        arg_max(client_type, {'us': client_type_us, 'sequence': client_type_sequence, 'key': client_type_key})
            filter (where client_type is not null and not oversized) as client_type
    from internal.journeys group by customer_id
),
daily as (
    select
        s.journey,
        date_trunc('day', s.occurred_at)::date as day,
        count_if(s.roles & '$purchase'::ubigint <> 0) as purchases,
        count_if(s.roles & '$contact'::ubigint <> 0) as contacts,
        count_if(s.roles & '$failure'::ubigint <> 0 and s.occurred_at > p.as_of - interval 90 days and s.occurred_at <= p.as_of) as failures,
        count_if(s.wait_ms > s.adequate_ms and s.occurred_at > p.as_of - interval 90 days and s.occurred_at <= p.as_of) as long_waits,
        sum(s.money_minor) filter (where s.roles & '$purchase'::ubigint <> 0) as spent_minor,
        min(s.money_kind) filter (where s.roles & '$purchase'::ubigint <> 0 and s.money_minor is not null) as least_kind,
        max(s.money_kind) filter (where s.roles & '$purchase'::ubigint <> 0 and s.money_minor is not null) as greatest_kind
    from internal.steps as s cross join internal.publication as p
    group by all
),
days as (
    select
        j.customer_id,
        d.day,
        sum(d.purchases) as purchases,
        sum(d.contacts) as contacts,
        sum(d.failures) as failures,
        sum(d.long_waits) as long_waits,
        sum(d.spent_minor) as spent_minor,
        min(split_part(d.least_kind, ' ', 1)) as least_currency,
        max(split_part(d.greatest_kind, ' ', 1)) as greatest_currency
    from daily as d join internal.journeys as j on j.journey = d.journey
    group by all
),
done as (
    select
        customer_id,
        sum(purchases)::bigint as purchase_count,
        count_if(purchases > 0)::bigint as purchase_days,
        min(day) filter (where purchases > 0) as first_purchase_on,
        max(day) filter (where purchases > 0) as last_purchase_on,
        count_if(contacts > 0)::bigint as contact_days,
        min(day) filter (where contacts > 0) as first_contact_on,
        max(day) filter (where contacts > 0) as last_contact_on,
        sum(failures)::bigint as failures,
        sum(long_waits)::bigint as long_waits,
        try_cast(sum(spent_minor) as bigint) as spent_minor,
        min(least_currency) as least_currency,
        max(greatest_currency) as greatest_currency
    from days group by customer_id
),
marked as (
    select journey, position, roles & '$complaint'::ubigint <> 0 as complained,
        coalesce(max(position) filter (where roles & '$settled'::ubigint <> 0) over (partition by journey), 0) as answered
    from internal.steps where roles & '$complaint_or_settled'::ubigint <> 0
),
complaints as (
    select j.customer_id, count_if(m.position > m.answered)::bigint as open_complaints
    from marked as m join internal.journeys as j on j.journey = m.journey
    where m.complained group by j.customer_id
)
select
    s.*,
    coalesce(d.purchase_count, 0) as purchase_count,
    coalesce(d.purchase_days, 0) as purchase_days,
    d.first_purchase_on,
    d.last_purchase_on,
    coalesce(d.contact_days, 0) as contact_days,
    d.first_contact_on,
    d.last_contact_on,
    d.spent_minor,
    case when d.least_currency is null then 0 when d.least_currency = d.greatest_currency then 1 else 2 end as currency_count,
    d.least_currency as currency,
    coalesce(c.open_complaints, 0) as open_complaints,
    coalesce(d.failures, 0) as failures,
    coalesce(d.long_waits, 0) as long_waits
from seen as s left join done as d using (customer_id) left join complaints as c using (customer_id)
