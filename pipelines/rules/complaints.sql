-- A customer complained.
-- grain: the event that files the complaint
-- scope: customer
-- window: 90 days
-- roles: complaint acknowledged settled recovery_acknowledged
-- opens: complaint
-- unit: ms
-- kind: record
-- subject: complaint
-- It is open until it is settled: by the first such event of the same case, else flow; where either names none, of the customer. The value is the time until it was first acknowledged or settled.
-- Evidence: the complaint, what acknowledged it, what settled it.
with taking_part as (
    select
        customer_id, key, occurred_at, place, has(roles, 'complaint') as is_opening, has(roles, 'settled') as is_end, coalesce(case_id, correlation_id) as flow
    from touchpoints
),
closed as (
    select
        o.customer_id, o.key, o.occurred_at,
        min(c.occurred_at) filter (where not c.is_opening) as heard_at, arg_min(c.key, c.place) filter (where not c.is_opening) as heard_by,
        min(c.occurred_at) filter (where c.is_end) as ended_at, arg_min(c.key, c.place) filter (where c.is_end) as ended_by
    from taking_part as o
    left join taking_part as c on c.customer_id = o.customer_id and (c.is_end or not c.is_opening) and coalesce(c.flow = o.flow, true)
        and c.place > o.place and c.occurred_at <= o.occurred_at + to_milliseconds($window)
    where o.is_opening
    group by all
)
select
    customer_id, 'complaint' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since, ended_at as until,
    epoch_ms(heard_at) - epoch_ms(occurred_at) as value, null::bigint as threshold,
    list_filter([key, heard_by, case when ended_by <> heard_by then ended_by end], lambda shown: shown is not null) as evidence
from closed
