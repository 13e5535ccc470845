-- Every column as text, empty text as null. Grain: row, in the order of `typed`.
select nullif(columns(*)::varchar, '') from typed
