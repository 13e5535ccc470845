-- extract: canonical lines to columns. Grain: one row an accepted event, in the order of the lines. Relation: lines(line, place, content). Times: UTC microseconds; durations: integer milliseconds.
with parsed as (
    select place, content, from_json(line, '{
        "id": "VARCHAR", "source": "VARCHAR", "type": "VARCHAR", "time": "VARCHAR", "sequence": "BIGINT", "customer_id": "VARCHAR", "identifiers": ["VARCHAR"],
        "case_id": "VARCHAR", "channel": "VARCHAR", "site": "VARCHAR", "stage": "VARCHAR", "lifecycle": "VARCHAR",
        "actor": {"id": "VARCHAR", "kind": "VARCHAR", "team": "VARCHAR", "lane": "VARCHAR"}, "causation_id": "VARCHAR", "correlation_id": "VARCHAR",
        "wait_s": "DOUBLE", "service_s": "DOUBLE", "promise": {"due_at": "VARCHAR", "kind": "VARCHAR"}, "rating": {"metric": "VARCHAR", "value": "DOUBLE", "scale": "VARCHAR"},
        "money": {"amount_minor": "BIGINT", "currency": "VARCHAR", "kind": "VARCHAR"}, "text": "VARCHAR", "language": "VARCHAR", "attributes": "MAP(VARCHAR, VARCHAR)"}') as e
    from lines
)
select
    place,
    content,
    e.source as source,
    e.id as event_id,
    e.type as type,
    epoch_us(e.time::timestamptz) as time_us,
    e.sequence as sequence,
    e.customer_id as given_customer,
    e.identifiers as identifiers,
    nullif(e.case_id, '') as case_id,
    nullif(e.channel, '') as channel,
    nullif(e.site, '') as site,
    nullif(e.stage, '') as given_stage,
    e.lifecycle as lifecycle,
    e.actor.id as actor_id,
    e.actor.kind as actor_kind,
    e.actor.team as team,
    e.actor.lane as lane,
    nullif(e.causation_id, '') as causation_id,
    nullif(e.correlation_id, '') as correlation_id,
    round(e.wait_s * 1000)::bigint as wait_ms,
    round(e.service_s * 1000)::bigint as service_ms,
    epoch_us(e.promise.due_at::timestamptz) as promise_due_us,
    e.promise.kind as promise_kind,
    e.rating.metric as rating_metric,
    e.rating.value as rating_value,
    e.rating.scale as rating_scale,
    e.money.amount_minor as money_minor,
    e.money.currency as money_currency,
    e.money.kind as money_kind,
    e.text as text,
    e.language as language,
    e.attributes as attributes,
    e.attributes['segment'] as segment,
    e.attributes['client_type'] as client_type,
    e.attributes['context'] as context
from parsed
