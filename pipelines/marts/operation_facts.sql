-- operation_facts: the journal's segments of operations, which stand where the marker is. Grain: one row an event that came, copies that differ included.
select * from read_parquet(['$segments'])
