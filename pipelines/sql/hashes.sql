-- hashes: the first 64 bits (little-endian number) of the md5 of each text. Relation: texts(text).
select md5_number_upper(text) as hash from texts
