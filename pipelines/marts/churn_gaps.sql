-- churn_gaps: days from one purchase day of a known customer to the next, and how often; where nobody buys twice, between contact days. Grain: gap.
with days as (
    select j.customer_id, date_trunc('day', s.occurred_at)::date as day, bool_or(s.roles & '$purchase'::ubigint <> 0) as bought,
        bool_or(s.roles & '$contact'::ubigint <> 0) as met
    from internal.steps as s join internal.journeys as j on j.journey = s.journey join internal.customer_stats as c on c.customer_id = j.customer_id
    where c.known and s.roles & '$purchase_or_contact'::ubigint <> 0
    group by all
),
gaps as (
    select 'purchases' as basis, day - lag(day) over (partition by customer_id order by day) as gap from days where bought
    union all
    select 'contacts', day - lag(day) over (partition by customer_id order by day) from days where met
)
select gap, count(*) as n from gaps
where gap is not null and basis = (select max(basis) from gaps where gap is not null)
group by gap order by gap
