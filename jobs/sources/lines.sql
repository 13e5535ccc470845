-- Touchpoints as JSON. Grain: event, in the order of `mapped`. Parameters: $source (the name of the source where an event gives none),
-- $branching (a row may give several events: their types tell them apart).
-- `mapped` has every field of a touchpoint, and for what stands in for an absent id and sequence: `digest` (md5 of the row's content), `equals`
-- (equal rows before it), `again` (events of this row and type before it), `row_sequence`.
-- Merging a patch into {} leaves out what is null (RFC 7396). A number that is none stays text, and the contract refuses it.
with
named as (
    select
        *,
        digest || '-' || equals as row_id,
        case when $branching then '.' || coalesce(type::varchar, '') || if(again = 0, '', '.' || again) else '' end as event_of_row
    from mapped
)
select
    json_merge_patch('{}', to_json({
        'id': coalesce(id::varchar, row_id || event_of_row),
        'source': coalesce(source::varchar, $source),
        'type': type::varchar,
        'time': rfc3339(time),
        'sequence': coalesce(as_integer(sequence), to_json(row_sequence)),
        'customer_id': customer_id::varchar,
        'identifiers': to_json(identifiers),
        'case_id': case_id::varchar,
        'channel': channel::varchar,
        'site': site::varchar,
        'stage': stage::varchar,
        'lifecycle': lifecycle::varchar,
        'actor': block(actor),
        'causation_id': causation_id::varchar,
        'correlation_id': correlation_id::varchar,
        'wait_s': as_number(wait_s),
        'service_s': as_number(service_s),
        'promise': block(promise),
        'rating': block(rating),
        'money': block(money),
        'text': text::varchar,
        'language': language::varchar,
        'attributes': block(attributes)
    }))::varchar as line
from named
