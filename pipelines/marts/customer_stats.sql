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
acts as (
    select
        j.customer_id,
        s.journey,
        s.position,
        date_trunc('day', s.occurred_at)::date as day,
        s.roles & '$purchase'::ubigint <> 0 as bought,
        s.roles & '$contact'::ubigint <> 0 as met,
        s.roles & '$complaint'::ubigint <> 0 as complained,
        s.roles & '$settled'::ubigint <> 0 as settled,
        s.occurred_at > p.as_of - interval 90 days and s.occurred_at <= p.as_of as recent,
        s.roles & '$failure'::ubigint <> 0 as failed,
        s.wait_ms > s.adequate_ms as long,
        s.money_minor,
        split_part(s.money_kind, ' ', 1) as currency
    from internal.steps as s
    join internal.journeys as j on j.journey = s.journey
    cross join internal.publication as p
),
days as (
    select
        customer_id,
        day,
        count_if(bought) as purchases,
        count_if(met) as contacts,
        count_if(failed and recent) as failures,
        count_if(long and recent) as long_waits,
        sum(money_minor) filter (where bought) as spent_minor,
        min(currency) filter (where bought and money_minor is not null) as least_currency,
        max(currency) filter (where bought and money_minor is not null) as greatest_currency
    from acts group by customer_id, day
),
done as (
    select
        customer_id,
        sum(purchases)::bigint as purchase_count,
        count_if(purchases > 0) as purchase_days,
        min(day) filter (where purchases > 0) as first_purchase_on,
        max(day) filter (where purchases > 0) as last_purchase_on,
        count_if(contacts > 0) as contact_days,
        min(day) filter (where contacts > 0) as first_contact_on,
        max(day) filter (where contacts > 0) as last_contact_on,
        sum(failures)::bigint as failures,
        sum(long_waits)::bigint as long_waits,
        try_cast(sum(spent_minor) as bigint) as spent_minor,
        min(least_currency) as least_currency,
        max(greatest_currency) as greatest_currency
    from days group by customer_id
),
complaints as (
    select customer_id, count_if(position > answered)::bigint as open_complaints
    from (
        select customer_id, complained, position, coalesce(max(position) filter (where settled) over (partition by journey), 0) as answered
        from acts where complained or settled
    )
    where complained group by customer_id
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
