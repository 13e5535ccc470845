-- The names of rows: md5 of a row's content, whole and its first 64 bits. Grain: row, in the order of `content`.
select md5(content) as digest, md5_number_upper(content) as short from content
