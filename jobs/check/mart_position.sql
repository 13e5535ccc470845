-- How far the snapshot has come. Grain: partition.
select name::integer as partition, position from mart.freshness where kind = 'partition'
