-- heard: when each kind of event was heard last. Grain: (source, type, channel, site). Relation: told (see told.py). Greatest times, so commits
-- may come in any cut, and old events that come late change nothing.
create or replace temp table heard_after as
select source, type, channel, site, max(last_us) as last_us
from (
    select source, type, channel, site, last_us from internal.heard
    union all
    select source, type, channel, site, last_us from told
)
group by all;
truncate internal.heard;
insert into internal.heard select * from heard_after
