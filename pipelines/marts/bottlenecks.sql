-- bottlenecks: one row a cut, as it was estimated last.
select
    b.rank, b.cut, b.stage, b.channel, b.site, b.basis, b.threshold, b.visits, b.customers, b.excess_ms / 1e3::double as excess_s, b.excess_low,
    null::double as q_value, o.owner, b.reason
from internal.bottlenecks as b left join internal.owners as o on o.stage = b.stage
