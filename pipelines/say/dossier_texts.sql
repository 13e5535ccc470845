-- dossier_texts: what was written in some events. Grain: event; of copies that differ the one with the smallest content. Relation: asked(key).
-- Parameters: $lo_us, $hi_us = when they were: files of other times are passed over.
select "key", arg_min(text, content) as text
from internal.touchpoint_facts
where time_us between $lo_us and $hi_us and "key" in (select "key" from asked) and text is not null
group by "key"
