-- kept: every event once. Grain: (scope, key).
-- Of copies that differ the smallest canonical form wins whole; of equal ones the first to come counts, which matters for `late` only.
select *
from arrived
qualify row_number() over (partition by scope, key order by canonical, "offset", partition) = 1
