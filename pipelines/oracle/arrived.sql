-- arrived: what came, with the name of what each record tells of and whether it came late. Grain: (partition, offset).
-- `scope` is whose event it is; a copy has the same scope and the same key. Parameters: $lateness_us, $house, $backstage (role bits).
with
scoped as (
    select
        *,
        case
            when roles & $house <> 0 then 'house'
            when roles & $backstage <> 0 and customer is null then 'operation'
            else 'touchpoint'
        end as kind,
        case kind
            when 'house' then 'house:' || coalesce(customer, '')
            when 'operation' then 'op:' || coalesce(correlation_id, causation_id, '')
            else customer
        end as scope
    from arrivals
),
named as (
    select
        *,
        -- Lengths in bytes come first: names may hold any sign, this separator too.
        concat_ws(
            chr(31),
            case kind when 'house' then 'house' when 'operation' then 'op' else '' end, time_us, strlen(scope), strlen(source), strlen(event_id),
            scope, source, event_id, coalesce(case_id, '')
        ) as identity,
        ('0x' || substr(md5(identity), 1, 16))::ubigint as key,
        coalesce(sequence, 0) as place
    from scoped
)
select
    *,
    -- The first record of a feed has nothing before it to be late against.
    coalesce(time_us < max(time_us) over earlier - $lateness_us, false) as late
from named
window earlier as (partition by partition, feed order by "offset" rows between unbounded preceding and 1 preceding)
