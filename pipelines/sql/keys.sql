-- keys: the key of each event, the first 64 bits (little-endian number) of md5 over customer, source, id, instant and case. Relation: identified(customer, source, event_id, time_us, case_id).
select md5_number_upper(concat_ws(chr(31), customer, source, event_id, time_us::varchar, coalesce(case_id, ''))) as key from identified
