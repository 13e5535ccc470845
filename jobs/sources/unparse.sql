-- The statement of a syntax tree. Parameter: $parsed (JSON of json_serialize_sql).
select json_deserialize_sql($parsed)
