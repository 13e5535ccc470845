-- Can I trust this? How fresh the snapshot is, what could not be read, who is silent and who is late.
select 'snapshot' as what, kind || coalesce(' ' || name, '') as name, position as n, 'as of ' || as_of as detail from mart.freshness
union all
select 'dead letters', reason, count(*), min(detail) from mart.dead_letters group by reason
union all
select 'silent feed', source, events, 'silent for ' || round(silence_s / 3600, 1) || ' h' from mart.feeds where silence_s > 3600
union all
select 'late feed', source, late, round(100 * share, 2) || ' % late' from mart.lateness where late > 0
union all
select 'quality', name, n, array_to_string(examples, ', ') from mart.quality
order by what, name
