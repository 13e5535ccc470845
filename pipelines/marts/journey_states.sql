-- journey_states: each journey with its status at as_of. Grain: journey. Of the rules that could hold, the first counts: oversized, closed, final, open.
select
    j.*,
    case
        when j.oversized then 'oversized'
        when j.closed then 'closed'
        when j.ended_at + to_microseconds(case when j.case_id is null then p.gap_us else p.case_max_age_us end) < p.as_of then 'final'
        else 'open'
    end as status
from internal.journeys as j cross join internal.publication as p
