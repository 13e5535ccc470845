-- churn_gaps: days from one purchase day of a known customer to the next, and how often; where nobody buys twice, between contact days. Grain: gap.
with known as (select customer_id, (row_number() over ())::integer as customer from internal.customer_stats where known),
people as materialized (select j.journey, k.customer from internal.journey_rows as j join known as k on k.customer_id = j.customer_id),
days as (
    select p.customer, date_trunc('day', s.occurred_at)::date as day, bit_or(t.roles) & '$purchase'::ubigint <> 0 as bought,
        bit_or(t.roles) & '$contact'::ubigint <> 0 as met
    from internal.step_rows as s join internal.kinds as t on t.kind = s.kind join people as p on p.journey = s.journey
    where t.roles & '$purchase_or_contact'::ubigint <> 0
    group by all
),
gaps as (
    select 'purchases' as basis, day - lag(day) over (partition by customer order by day) as gap from days where bought
    union all
    select 'contacts', day - lag(day) over (partition by customer order by day) from days where met
)
select gap, count(*) as n from gaps
where gap is not null and basis = (select max(basis) from gaps where gap is not null)
group by gap order by gap
