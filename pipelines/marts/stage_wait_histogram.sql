-- stage_wait_histogram: one row a stage, channel, hour and bucket: how many durations fell into it.
select k.stage, k.channel, c.hour, b.bucket, b.upper_ms, b.value_ms, c.n
from internal.stage_wait_counts as c join internal.kinds as k on k.kind = c.spot join internal.buckets as b on b.bucket = c.bucket
