-- begun: when anything was heard at all; null before. One row.
select min(epoch_us(first_seen_at)) as begun_us from internal.feeds
