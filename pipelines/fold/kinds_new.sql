-- kinds_new: give numbers to the combinations that were not seen before. Grain: kind. Relation: incoming_kinds.
insert into internal.kinds
select
    (select coalesce(max(kind), -1) from internal.kinds) + row_number() over (), i.*
from (
    select distinct source, type, stage, channel, previous_type, money_kind, desired_ms, adequate_ms, calendar, business_desired_ms, business_adequate_ms, roles
    from incoming_kinds
) as i
anti join internal.kinds as k on
    k.source is not distinct from i.source and k.type is not distinct from i.type and k.stage is not distinct from i.stage and
    k.channel is not distinct from i.channel and k.previous_type is not distinct from i.previous_type and k.money_kind is not distinct from i.money_kind and
    k.desired_ms is not distinct from i.desired_ms and k.adequate_ms is not distinct from i.adequate_ms and k.calendar is not distinct from i.calendar and
    k.business_desired_ms is not distinct from i.business_desired_ms and k.business_adequate_ms is not distinct from i.business_adequate_ms and
    k.roles is not distinct from i.roles
