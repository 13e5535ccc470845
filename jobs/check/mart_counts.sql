-- What the snapshot holds of what was counted. Grain: count.
select 'events' as name, (select count(*) from mart.touchpoints) + (select count(*) from mart.operations) as n
