-- intervals_insert: put what no later commit of this fold has replaced or dropped. Relations: incoming_intervals, intervals_marks.
insert into internal.intervals
select
    i.rule, i."key", i.record, i.unit, i.customer_id, i.subject_kind, i.subject_id, make_timestamp(i.opened_us), make_timestamp(i.since_us), make_timestamp(i.until_us),
    i.value, i.threshold, i.evidence, i.evidence_keys, i.journey, i.stage, i.channel, i.site, i.team, i.operation
from incoming_intervals as i left join intervals_marks as m on i.rule = m.rule and i."key" = m."key"
where i.op = 'put' and (m.turn is null or i.turn >= m.turn)
