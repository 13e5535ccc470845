-- folded: remember the last commit of each partition. Relation: incoming_commits(partition, seq, writer).
delete from internal.folded where partition in (select partition from incoming_commits);
insert into internal.folded select partition, max(seq), arg_max(writer, seq) from incoming_commits group by partition
