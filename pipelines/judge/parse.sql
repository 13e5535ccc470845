-- The syntax tree of a statement, as JSON. Parameter: $sql (text).
select json_serialize_sql($sql)
