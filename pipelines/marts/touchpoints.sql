-- touchpoints: one row an event, of copies that differ the one with the smallest content.
with winners as (
    select "key", min(content) as content from internal.touchpoint_facts
    where "key" in (select d."key" from internal.touchpoint_facts as d where d.disputed) group by "key"
)
select
    f.source,
    f.event_id,
    f.customer_id,
    'j' || lpad(lower(hex(s.journey)), 16, '0') as journey_id,
    make_timestamp(f.time_us) as occurred_at,
    make_timestamp(f.received_us) as received_at,
    coalesce(f.sequence, 0) as sequence,
    f.type,
    coalesce(f.given_stage, m.stage) as stage,
    f.channel,
    f.site,
    f.actor_id,
    f.actor_kind,
    f.team,
    f.lane,
    f.case_id,
    f.correlation_id,
    f.causation_id,
    f.lifecycle,
    f.wait_ms / 1e3::double as wait_s,
    f.service_ms / 1e3::double as service_s,
    case when f.promise_due_us is not null then {'due_at': make_timestamp(f.promise_due_us), 'kind': f.promise_kind} end as promise,
    case when f.rating_metric is not null then {'metric': f.rating_metric, 'value': f.rating_value, 'scale': f.rating_scale} end as rating,
    case when f.money_minor is not null then {'amount_minor': f.money_minor, 'currency': f.money_currency, 'kind': f.money_kind} end as money,
    f.text,
    f.language,
    f.identifiers,
    f.attributes,
    f.anonymous
from internal.touchpoint_facts as f
left join winners as w on w."key" = f."key"
left join internal.step_rows as s on s."key" = f."key"
left join internal.meanings as m on m.type = f.type and m.channel is not distinct from f.channel
where w."key" is null or w.content = f.content
