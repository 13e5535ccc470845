-- feeds: one row a source, with its silence at as_of.
select
    f.source,
    f.events,
    f.first_seen_at,
    f.last_seen_at,
    f.last_received_at,
    greatest(epoch_us(p.as_of) - epoch_us(f.last_seen_at), 0) / 1e6::double as silence_s
from internal.feeds as f cross join internal.publication as p
