-- counts: one row. arrived = kept + duplicates; `conflicts` are events of which copies differ.
select
    (select count(*) from arrived) as arrived,
    (select count(*) from kept) as kept,
    (select count(*) from arrived) - (select count(*) from kept) as duplicates,
    (
        select count(*)
        from (select scope, key from arrived group by scope, key having count(distinct canonical) > 1)
    ) as conflicts
