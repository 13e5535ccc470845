-- Dead letters of a snapshot, by when they came. Grain: payload.
select reason, coalesce(detail, '') as detail, payload, feed, place, epoch_us(received_at) as received_us
from mart.dead_letters
order by received_us, feed, place
