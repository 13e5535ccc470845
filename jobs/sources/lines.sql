-- Touchpoints as JSON. Grain: event, in the order of `mapped`. Parameters: $source (the name of the source where an event gives none),
-- $branching (a row may give several events: their types tell them apart).
-- `mapped` has every field of a touchpoint, and for what stands in for an absent id and sequence: `digest` (md5 of the row's content), `equals`
-- (equal rows before it), `again` (events of this row and type before it), `row_sequence`.
-- Text and null is null, and concat_ws leaves nulls out: so an absent field is absent. (A struct, as JSON, merged into {} is half as fast again.)
-- A number that is none stays text, and the contract refuses it.
with
named as (
    select
        *,
        digest || '-' || equals as row_id,
        case when $branching then '.' || coalesce(type::varchar, '') || if(again = 0, '', '.' || again) else '' end as event_of_row
    from mapped
)
select
    '{' || concat_ws(
        ',',
        '"id":' || to_json(coalesce(id::varchar, row_id || event_of_row)),
        '"source":' || to_json(coalesce(source::varchar, $source)),
        '"type":' || to_json(type::varchar),
        '"time":' || to_json(rfc3339(time)),
        '"sequence":' || coalesce(as_integer(sequence), to_json(row_sequence)),
        '"customer_id":' || to_json(customer_id::varchar),
        '"identifiers":' || to_json(identifiers),
        '"case_id":' || to_json(case_id::varchar),
        '"channel":' || to_json(channel::varchar),
        '"site":' || to_json(site::varchar),
        '"stage":' || to_json(stage::varchar),
        '"lifecycle":' || to_json(lifecycle::varchar),
        '"actor":' || block(actor),
        '"causation_id":' || to_json(causation_id::varchar),
        '"correlation_id":' || to_json(correlation_id::varchar),
        '"wait_s":' || as_number(wait_s),
        '"service_s":' || as_number(service_s),
        '"promise":' || block(struct_update(promise, due_at := rfc3339(promise.due_at))),
        '"rating":' || block(rating),
        '"money":' || block(money),
        '"text":' || to_json(text::varchar),
        '"language":' || to_json(language::varchar),
        '"attributes":' || block(attributes)
    ) || '}' as line
from named
