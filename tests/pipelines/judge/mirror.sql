-- Every event, and all that was seen with it.
-- scope: customer
-- window: {window}
-- roles: contact machine failure intent wait_opens wait_closes answer_owed answered attempt complaint acknowledged settled delivery_owed delivered refunded handoff
-- unit: count
{apart}
with told as (
    select
        *,
        concat_ws('|', key, source, occurred_at, sequence, type, thing, channel, stage, site, actor_id, actor_kind, team, case_id, correlation_id, lifecycle, roles,
            promise_due_at, promise_kind, rating_metric, rating_value, money_minor, money_currency, money_kind, position, previous_type, since_previous_ms, wait_ms,
            service_ms, desired_ms, adequate_ms, zone, segment, client_type, context, journey_id) as text
    from touchpoints
), islands as (
    -- Grouped: a list over a window takes longer with each run of one and the same plan.
    select customer_id, hash(list(text order by place)) as whole, count(*) as events, arg_min(key, place) as first_key from told group by customer_id
)
select
    customer_id, 'event' as subject_kind, event_id as subject_id, key as opening_key, occurred_at as opened_at, occurred_at as since, null::timestamp as until,
    (whole >> 2)::bigint as value, events as threshold, list_prepend(key, [first_key]) as evidence
from told join islands using (customer_id)
