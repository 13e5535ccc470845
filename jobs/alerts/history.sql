-- history: everything that was said of an alert, in order. Parameter: $key.
select seq, said_at, state, severity, harm, since, until, send, body from mart.alerts where "key" = $key order by seq
