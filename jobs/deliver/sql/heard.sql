-- heard: the last that a route was given of an alert.
select state, severity, status, next_us from deliveries indexed by by_alert where route = :route and key = :key and status <> 'dropped' order by seq desc limit 1
