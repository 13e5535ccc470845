-- Calls to a bank: a row is a call and becomes up to five events. menu.entered and menu.left are of the voice response unit; call.queued where there was
-- a queue; call.answered, or call.abandoned (in the queue or before it); call.ended. A call is (vru+line, call_id).
-- Customer 0 is nobody: it stays as it is, the journey map lists it as a placeholder. 0:00:00 means: did not happen. The date is that of the call's
-- begin, so what is more than half a day before it happened after midnight. Times are Israel's.
-- Measured durations can be negative, by faults of the clocks: such a one is no wait_s or service_s, but all stay in the attributes as they are.
-- PHANTOM calls are made up by the exchange: nobody waited, so they are never queued.
-- csv: delim=tab
with read as (
    select
        row_number,
        "vru+line" || '/' || call_id as call,
        customer_id,
        outcome,
        if(priority = '2', 'priority', 'regular') as segment,
        trim("type") as service,
        nullif(trim(server), 'NO_SERVER') as server,
        try_cast(vru_time as integer) as vru_s,
        try_cast(q_time as integer) as queue_s,
        try_cast(ser_time as integer) as talk_s,
        try_strptime(date || ' ' || vru_entry, '%y%m%d %H:%M:%S') as entered,
        try_strptime(date || ' ' || nullif(vru_exit, '0:00:00'), '%y%m%d %H:%M:%S') as left_menu,
        try_strptime(date || ' ' || nullif(q_start, '0:00:00'), '%y%m%d %H:%M:%S') as queued,
        try_strptime(date || ' ' || nullif(q_exit, '0:00:00'), '%y%m%d %H:%M:%S') as left_queue,
        try_strptime(date || ' ' || nullif(ser_start, '0:00:00'), '%y%m%d %H:%M:%S') as answered,
        try_strptime(date || ' ' || nullif(ser_exit, '0:00:00'), '%y%m%d %H:%M:%S') as ended
    from source
),
mended as (  -- one caller began to wait at midnight exactly
    select * replace (coalesce(queued, left_queue - to_seconds(queue_s)) as queued) from read
),
calls as (
    select
        * replace (
            timezone('Asia/Jerusalem', entered) as entered,
            timezone('Asia/Jerusalem', left_menu + if(left_menu < entered - interval 12 hours, interval 1 day, interval 0 days)) as left_menu,
            timezone('Asia/Jerusalem', queued + if(queued < entered - interval 12 hours, interval 1 day, interval 0 days)) as queued,
            timezone('Asia/Jerusalem', left_queue + if(left_queue < entered - interval 12 hours, interval 1 day, interval 0 days)) as left_queue,
            timezone('Asia/Jerusalem', answered + if(answered < entered - interval 12 hours, interval 1 day, interval 0 days)) as answered,
            timezone('Asia/Jerusalem', ended + if(ended < entered - interval 12 hours, interval 1 day, interval 0 days)) as ended
        )
    from mended
)
select
    'menu.entered' as type, entered as time, 'ivr' as channel, if(vru_s >= 0, vru_s, null) as service_s,
    customer_id, call as case_id, call as correlation_id,
    map {'segment': segment, 'service': service, 'vru_time': vru_s::varchar} as attributes
from calls
union all by name
select
    'menu.left' as type, coalesce(left_menu, entered) as time, 'ivr' as channel,
    customer_id, call as case_id, call as correlation_id
from calls
union all by name
select
    'call.queued' as type, queued as time, 'phone' as channel,
    customer_id, call as case_id, call as correlation_id,
    map {'segment': segment, 'service': service} as attributes
from calls
where queued is not null and outcome <> 'PHANTOM'
union all by name
select
    'call.answered' as type, coalesce(answered, left_queue, left_menu, entered) as time, 'phone' as channel,
    if(queued is not null and queue_s >= 0, queue_s, null) as wait_s, if(answered is not null and talk_s >= 0, talk_s, null) as service_s,
    customer_id, call as case_id, call as correlation_id,
    {'id': server, 'kind': 'human', 'team': service} as actor,
    map {'segment': segment, 'service': service, 'q_time': queue_s::varchar, 'ser_time': talk_s::varchar} as attributes
from calls
where outcome = 'AGENT'
union all by name
select
    'call.abandoned' as type, coalesce(left_queue, left_menu, entered) as time, if(queued is null, 'ivr', 'phone') as channel,
    if(queued is not null and queue_s >= 0, queue_s, null) as wait_s,
    customer_id, call as case_id, call as correlation_id,
    map {'segment': segment, 'service': service, 'q_time': queue_s::varchar} as attributes
from calls
where outcome = 'HANG'
union all by name
select
    'call.ended' as type, coalesce(ended, left_queue, left_menu, entered) as time, 'phone' as channel,
    customer_id, call as case_id, call as correlation_id,
    map {'outcome': outcome, 'service': service, 'q_time': queue_s::varchar, 'ser_time': talk_s::varchar} as attributes
from calls
