-- stale: keys about which something may have to be said, or may fall due: all but those that stand as they should for good. Grain: key, in the order in which
-- it began. Relations: internal.intervals, standing(key, state, since_us, until_us) = the ledger. Parameter: $as_of_us.
select coalesce(i."key", s."key") as "key"
from (select "key", epoch_us(since) as since_us, epoch_us(until) as until_us from internal.intervals where not record) as i
full join standing as s on s."key" = i."key"
where case
    when i."key" is null then s.state in (1, 2, 4)
    when s.state = 2 then i.since_us > $as_of_us or i.since_us <> s.since_us or i.until_us is distinct from s.until_us
    else true
end
order by coalesce(i.since_us, s.since_us), "key"
