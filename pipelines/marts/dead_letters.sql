-- dead_letters: one row a payload; of several places the first. Read from the journal's segments, which stand where the marker is.
with first_place as (
    select md5, arg_min({'reason': reason, 'detail': detail, 'payload': payload, 'feed': feed, 'place': place, 'received_us': received_us},
        {'received_us': received_us, 'feed': feed, 'place': place}) as f
    from read_parquet(['$segments'])
    group by md5
)
select md5, f.reason, f.detail, f.payload, f.feed, f.place, make_timestamp(f.received_us) as received_at
from first_place
