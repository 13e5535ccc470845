-- extract: canonical lines read in bulk. Grain: one row an accepted event, in the order of the lines. Relation: lines(line). Instants: UTC; the rest as it is written, blocks and
-- attributes as JSON texts. One column that holds all: to plan a column for each field takes longer than to read a thousand events, and Arrow takes it apart for nothing.
select from_json(line, '{
    "id": "VARCHAR", "source": "VARCHAR", "type": "VARCHAR", "time": "TIMESTAMP", "sequence": "BIGINT", "customer_id": "VARCHAR", "identifiers": ["VARCHAR"],
    "case_id": "VARCHAR", "channel": "VARCHAR", "site": "VARCHAR", "stage": "VARCHAR", "lifecycle": "VARCHAR", "actor": "VARCHAR", "causation_id": "VARCHAR",
    "correlation_id": "VARCHAR", "wait_s": "DOUBLE", "service_s": "DOUBLE", "promise": "VARCHAR", "rating": "VARCHAR", "money": "VARCHAR", "text": "VARCHAR",
    "language": "VARCHAR", "attributes": "VARCHAR"}') as event
from lines
