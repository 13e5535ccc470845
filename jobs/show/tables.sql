-- The names of what the mart shows. Grain: table or view of the schema mart.
select table_name from information_schema.tables where table_schema = 'mart' order by table_name
