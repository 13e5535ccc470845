-- openings: which event opened each of some intervals. Grain: interval. Relation: asked(key, opening, opened_us, since_us, channel, site). Parameters: $lo_us, $hi_us = when
-- they opened. Of an interval across customers, or in an oversized journey, channel and site are all that is known.
with opened as (
    select "key", source, type, channel, site from internal.steps
    where "key" in (select opening from asked) and occurred_at between make_timestamp($lo_us) and make_timestamp($hi_us)
)
select a."key", a.since_us, o.source, o.type, coalesce(o.channel, a.channel) as channel, coalesce(o.site, a.site) as site
from asked as a left join opened as o on o."key" = a.opening
order by a.place
