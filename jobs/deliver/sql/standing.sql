-- standing: how far each route has come, and whether its receiver wants no more.
select name, reached_seq, reached_us, disabled_us from routes
