-- The mart in one row.
select
    (select count(*) from mart.journeys) as journeys,
    (select count(*) from mart.customers) as customers,
    (select count(distinct channel) from mart.steps) as channels,
    (select epoch_us(min(started_at)) from mart.journeys) as first_us,
    (select epoch_us(max(ended_at)) from mart.journeys) as last_us
