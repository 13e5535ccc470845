-- counts: one row. arrived = kept + duplicates; `conflicts` are copies that differ from every one before them.
select
    (select count(*) from arrived) as arrived,
    (select count(*) from kept) as kept,
    (select count(*) from arrived) - (select count(*) from kept) as duplicates,
    (
        select coalesce(sum(versions - 1), 0)::bigint
        from (select count(distinct canonical) as versions from arrived group by scope, key)
    ) as conflicts
