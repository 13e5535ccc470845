-- span: one row, of all events that were tried.
select count(*) as events, min(occurred_at) as first_at, max(occurred_at) as last_at from mart.touchpoints
