-- journeys: one row a journey. Grain: (customer, rule, case_id, first_key). An oversized one is counted, but has no types.
-- Parameters: $max_events, $largest_gap_us, $lateness_us, $case_max_age_us, $as_of_us.
with
summed as (
    select
        customer, rule, case_id, first_key,
        min(time_us) as started_us,
        max(end_us) as ended_us,
        count(*) as step_count,
        list(type order by position) as types,
        arg_max(is_terminal, position) as ends_terminal,
        count(*) filter (late) as revision,
        bool_or(not anonymous) as known,
        -- the latest value of a reserved attribute, and the event that says so
        arg_max(segment, position) filter (segment is not null) as segment,
        arg_max(key, position) filter (segment is not null) as segment_key,
        arg_max(client_type, position) filter (client_type is not null) as client_type,
        arg_max(key, position) filter (client_type is not null) as client_type_key
    from members
    group by customer, rule, case_id, first_key
)
select
    customer, rule, case_id, first_key, started_us, ended_us,
    case
        when step_count > $max_events then 'oversized'
        when ends_terminal then 'closed'
        when rule = 'gap' and ended_us + $largest_gap_us + $lateness_us < $as_of_us then 'final'
        when rule = 'case' and ended_us + $case_max_age_us < $as_of_us then 'final'
        else 'open'
    end as status,
    step_count,
    case when status <> 'oversized' then types end as types,
    revision,
    (ended_us - started_us) // 1000 as duration_ms,
    known, segment, segment_key, client_type, client_type_key
from summed
order by customer, rule, case_id, first_key
