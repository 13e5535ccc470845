-- What delivery keeps: one file, SQLite. Times are µs since 1970.
create table if not exists deliveries (
    id text not null,  -- the message's id: what a receiver counts by
    route text not null,
    seq integer not null,  -- of what was said; of a digest the last one in it
    said_us integer not null,
    key text not null,  -- of the alert, 16 hexadecimal digits; empty for a digest
    rule text not null,
    subject_kind text not null,
    subject_id text not null,
    state text not null,  -- as said, or digest
    severity text not null,
    grouping text not null,  -- what the route cools down by
    status text not null,  -- waiting, held, in_digest, digested, delivered, dropped, dead
    reason text not null,
    next_us integer not null,  -- waiting: the next try; held: until when
    let_us integer,  -- since when it may be sent
    attempts integer not null default 0,
    last_us integer,  -- the last try
    http_status integer,
    detail text,
    weary integer not null default 0,  -- the last try failed for the receiver's sake
    digest_id text,
    notices blob,  -- what it says, as JSON, until that is no longer needed
    primary key (route, id)
) strict, without rowid;
create index if not exists by_status on deliveries (route, status, next_us, seq);
create index if not exists by_alert on deliveries (route, key, seq);
create index if not exists by_group on deliveries (route, grouping, let_us) where state = 'opened';
create index if not exists by_seq on deliveries (seq);
create table if not exists routes (
    name text primary key,
    reached_seq integer not null,  -- what was said up to here is planned
    reached_us integer not null,  -- when that was said: another instant there means that the journal was put back from a backup
    disabled_us integer  -- since when its receiver wants no more
) strict;
