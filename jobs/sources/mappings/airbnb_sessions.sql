-- Sessions of visitors over several devices: a row is a session and becomes its start, its end and what happened in it.
-- The flags have no time of their own: they stand at the session's start, in the order search, message, booking request.
-- Times have no zone in the file; they are read as UTC. Journeys are the visitor's (no case); the session is the correlation.
-- csv: delim=pipe
with sessions as (
    select
        row_number,
        id_visitor as customer_id,
        id_session as correlation_id,
        dim_device_app_combo as channel,
        timezone('UTC', try_cast(ts_min as timestamp)) as started_at,
        timezone('UTC', try_cast(ts_max as timestamp)) as ended_at,
        did_search = '1' as searched,
        sent_message = '1' as wrote,
        sent_booking_request = '1' as asked,
        map {'user_agent': dim_user_agent, 'session_number': dim_session_number} as attributes
    from source
)
select 'session.started' as type, started_at as time, customer_id, correlation_id, channel, attributes from sessions
union all by name
select 'search.made' as type, started_at as time, customer_id, correlation_id, channel from sessions where searched
union all by name
select 'message.sent' as type, started_at as time, customer_id, correlation_id, channel from sessions where wrote
union all by name
select 'booking.requested' as type, started_at as time, customer_id, correlation_id, channel from sessions where asked
union all by name
select 'session.ended' as type, ended_at as time, customer_id, correlation_id, channel from sessions
