-- Stored facts as touchpoints again. Grain: event, in the order of `facts` (a segment of the journal's touchpoints or operations).
-- What is absent is null, which counts as absent. The instant is the same; the zone that it was written in is not kept.
select to_json(struct_pack(
    id := event_id,
    source := source,
    type := type,
    time := strftime(make_timestamp(time_us), '%Y-%m-%dT%H:%M:%S.%fZ'),
    sequence := sequence,
    customer_id := given_customer,
    identifiers := identifiers,
    case_id := case_id,
    channel := channel,
    site := site,
    stage := given_stage,
    lifecycle := lifecycle,
    actor := if(actor_id is null and actor_kind is null and team is null and lane is null, null, struct_pack(id := actor_id, kind := actor_kind, team := team, lane := lane)),
    causation_id := causation_id,
    correlation_id := correlation_id,
    wait_s := wait_ms / 1000.0::double,
    service_s := service_ms / 1000.0::double,
    promise := if(promise_due_us is null, null, struct_pack(due_at := strftime(make_timestamp(promise_due_us), '%Y-%m-%dT%H:%M:%S.%fZ'), kind := promise_kind)),
    rating := if(rating_metric is null, null, struct_pack(metric := rating_metric, value := rating_value, scale := rating_scale)),
    money := if(money_minor is null, null, struct_pack(amount_minor := money_minor, currency := money_currency, kind := money_kind)),
    text := text,
    language := language,
    attributes := attributes
))::varchar as line
from facts
