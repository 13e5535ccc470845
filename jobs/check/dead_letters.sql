-- dead letters have the bytes that their md5 names
select format('{} ({})', md5, reason) as finding from dead_letters where md5(payload) <> md5 order by finding
