-- churn_gaps: days from one purchase day of a known customer to the next, and how often; where nobody buys twice, between contact days. Grain: gap.
with days as (
    select customer, day, roles & '$purchase'::ubigint <> 0 as bought, roles & '$contact'::ubigint <> 0 as met
    from internal.customer_days where customer in (select customer from internal.customer_stats where known)
),
gaps as (
    select 'purchases' as basis, day - lag(day) over (partition by customer order by day) as gap from days where bought
    union all
    select 'contacts', day - lag(day) over (partition by customer order by day) from days where met
)
select gap, count(*) as n from gaps
where gap is not null and basis = (select max(basis) from gaps where gap is not null)
group by gap order by gap
