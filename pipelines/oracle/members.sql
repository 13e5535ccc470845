-- members: every kept touchpoint with its journey. Grain: (customer, key).
-- A journey is named by (customer, rule, case_id, first_key). Parameter: $terminal (role bit).
with
touchpoints as (
    select *, case when case_id is null then 'gap' else 'case' end as rule, roles & $terminal <> 0 as is_terminal
    from kept
    where kind = 'touchpoint'
),
neighboured as (
    select touchpoints.*, lag(is_terminal) over timeline as follows_terminal, time_us - lag(time_us) over timeline as pause_us, gap_us
    from touchpoints
    join gaps on gaps.channel is not distinct from
        case when touchpoints.channel in (select channel from gaps) then touchpoints.channel end
    -- Only caseless events follow one another here: a case's rows are cut by no gap and no terminal.
    window timeline as (partition by customer, case_id order by time_us, place, key)
),
numbered as (
    select
        *,
        count(*) filter (rule = 'gap' and (follows_terminal or pause_us > gap_us))
            over (partition by customer, case_id order by time_us, place, key) as journey_number
    from neighboured
)
select
    *,
    time_us + 1000 * coalesce(service_ms, 0) as end_us,
    first_value(key) over journey as first_key,
    row_number() over journey as position
from numbered
window journey as (partition by customer, case_id, journey_number order by time_us, place, key)
