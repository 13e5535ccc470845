-- A mapping's session: times print in UTC; after this nothing can be set.
set TimeZone = 'UTC';
create macro rfc3339(t) as case when typeof(t) = 'TIMESTAMP WITH TIME ZONE' then replace(t::varchar, ' ', 'T') || ':00' else t::varchar end;
create macro as_integer(x) as coalesce(to_json(try_cast(x as bigint)), to_json(x::varchar));
create macro as_number(x) as coalesce(to_json(try_cast(x as double)), to_json(x::varchar));
create macro block(x) as nullif(json_merge_patch('{}', to_json(x)), '{}');
set lock_configuration = true
