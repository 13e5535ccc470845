-- kinds_known: the numbers of the combinations. Grain: spot (the row of incoming_kinds), in its order. Relation: incoming_kinds.
select k.kind from incoming_kinds as i join internal.kinds as k on
    k.source is not distinct from i.source and k.type is not distinct from i.type and k.stage is not distinct from i.stage and
    k.channel is not distinct from i.channel and k.previous_type is not distinct from i.previous_type and k.money_kind is not distinct from i.money_kind and
    k.desired_ms is not distinct from i.desired_ms and k.adequate_ms is not distinct from i.adequate_ms and k.calendar is not distinct from i.calendar and
    k.business_desired_ms is not distinct from i.business_desired_ms and k.business_adequate_ms is not distinct from i.business_adequate_ms and
    k.roles is not distinct from i.roles
order by i.spot
