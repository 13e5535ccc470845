-- Who waits now? Open waits at as_of, where they are and how many are beyond the adequate level already.
select w.stage, w.channel, w.open_count, w.open_below_adequate, f.as_of
from mart.stage_waits as w cross join (select any_value(as_of) as as_of from mart.freshness) as f
where w.open_count > 0
order by w.open_below_adequate desc, w.open_count desc, w.stage, w.channel
