-- create: what the fold keeps at hand for rules of scope all. Rows are only added. Where copies differ there is one row a copy.
-- `customer`, `event`, `flow` and `cause` are hashes of texts: to look for a number in a long column takes a fifth of the time. Another version of the
-- engine may hash otherwise: jobs/mart/live_file.py looks.
create table internal.hashed_by (value ubigint);
insert into internal.hashed_by values (hash('sojourn'));
-- the rules of scope all that intervals here were made by
create table internal.overall_rules (rule varchar);
-- up to which commits, and by which versions of rules, they were made: one row, or none where that is not known
create table internal.overall_judged (mark varchar);
-- one row an event that opens or closes a wait: who, when, in which flow, in which case or else flow; a bit for each of the map's pairs that it opens, and that
-- it closes. Copies that differ from what came before are here whatever they are: where they count, the others do not.
create table internal.waits (
    "key" ubigint, content ubigint, disputed boolean, time_us bigint, sequence bigint, customer ubigint, event ubigint, flow ubigint, "case" ubigint,
    correlation_id varchar, opens ubigint, closes ubigint
);
-- one row an event of work behind the line: its flow (the operation that it is part of), and the event that it names as its cause
create table internal.works (
    "key" ubigint, content ubigint, disputed boolean, time_us bigint, sequence bigint, source varchar, event_id varchar, type varchar, channel varchar, site varchar,
    actor_id varchar, team varchar, correlation_id varchar, causation_id varchar, element varchar, given_stage varchar, flow ubigint, cause ubigint
);
