-- create: the tables of a new live mart. No keys and no indexes: the fold keeps keys unique. Times: UTC, TIMESTAMP without a zone. Durations: integer milliseconds.
create schema internal;
create schema mart;

-- one row: what the file was made by; another version of it is thrown away
create table internal.made_by (version varchar, map_digest varchar);
-- one row a partition: the last commit that was folded, and who wrote it
create table internal.folded (partition integer, seq bigint, writer varchar);
-- one row: the last publication, and the map's rules that turn a journey into its status
create table internal.publication (
    snapshot bigint, as_of timestamp, published_at timestamp, horizon_days integer, gap_us bigint, case_max_age_us bigint
);
create table internal.journeys (
    journey ubigint, customer_id varchar, known boolean, case_id varchar, started_at timestamp, ended_at timestamp, step_count bigint, variant ubigint,
    closed boolean, oversized boolean, revision bigint,
    segment varchar, segment_us bigint, segment_sequence bigint, segment_key ubigint,
    client_type varchar, client_type_us bigint, client_type_sequence bigint, client_type_key ubigint,
    open_waits struct(stage varchar, channel varchar, since_us bigint, adequate_ms bigint, "key" ubigint)[]
);
create table internal.steps (
    journey ubigint, position integer, "key" ubigint, source varchar, event_id varchar, occurred_at timestamp, type varchar, stage varchar, channel varchar,
    site varchar, actor_id varchar, team varchar, previous_type varchar, since_previous_ms bigint, wait_ms bigint, service_ms bigint, desired_ms bigint,
    adequate_ms bigint, calendar varchar, business_wait_ms bigint, business_desired_ms bigint, business_adequate_ms bigint, roles ubigint, money_minor bigint,
    money_kind varchar
);
-- when calendars are open, by UTC day: `pipelines/hours_by_day.py`; written whole at publication, where it changed
create table internal.hours (calendar varchar, policy varchar, "day" date, before_us bigint, opens_us bigint, closes_us bigint);
-- open time of a calendar up to an instant (µs): null where its hours are not known
create macro internal.open_us(which, by_policy, instant) as (
    select (any_value(h.before_us) + sum(greatest(least(epoch_us(instant), h.closes_us) - h.opens_us, 0)))::bigint
    from internal.hours as h where h.calendar = which and h.policy = by_policy and h.day = instant::date
);
create macro mart.business_s(calendar_name, start_at, end_at) as (
    case when end_at >= start_at
        then ((internal.open_us(calendar_name, 'then', end_at) - internal.open_us(calendar_name, 'then', start_at)) // 1000) / 1e3::double end
);
create macro mart.business_policy_now_s(calendar_name, start_at, end_at) as (
    case when end_at >= start_at
        then ((internal.open_us(calendar_name, 'now', end_at) - internal.open_us(calendar_name, 'now', start_at)) // 1000) / 1e3::double end
);
comment on macro mart.business_s is 'Business time of a calendar between two instants, seconds; each instant is judged by the schedule in force at it (policy then). Null where the end lies before the start, or the calendar or its hours are not known.';
comment on macro mart.business_policy_now_s is 'The same by the schedule that is in force at as_of, as if it had always been (policy now).';
-- what the rules return: breaches, and records that other marts show; some lie in the future
create table internal.intervals (
    rule varchar, "key" ubigint, record boolean, unit varchar, customer_id varchar, subject_kind varchar, subject_id varchar, opened_at timestamp,
    since timestamp, until timestamp, value bigint, threshold bigint, evidence varchar[], evidence_keys ubigint[],
    journey ubigint, stage varchar, channel varchar, site varchar, team varchar, operation varchar
);
-- what was said about breaches, in order
create table internal.said (
    seq bigint, said_at timestamp, as_of timestamp, rule varchar, subject_kind varchar, subject_id varchar, customer_id varchar, "key" ubigint,
    since timestamp, until timestamp, value bigint, threshold bigint, unit varchar, state varchar, severity varchar, harm bigint,
    site varchar, stage varchar, channel varchar, team varchar, operation varchar, send boolean, body varchar
);
-- what became of messages, as delivery has it; written whole at publication
create table internal.deliveries (
    route varchar, id varchar, seq bigint, said_us bigint, "key" varchar, rule varchar, subject_kind varchar, subject_id varchar, state varchar,
    severity varchar, status varchar, reason varchar, digest_id varchar, attempts bigint, next_us bigint, last_us bigint, http_status integer,
    detail varchar
);
-- what was heard from each source, copies that differ included
create table internal.feeds (source varchar, events bigint, late bigint, first_seen_at timestamp, last_seen_at timestamp, last_received_at timestamp);
-- when each kind of event was heard last: feeds that the journey map expects are made of them
create table internal.heard (source varchar, type varchar, channel varchar, site varchar, last_us bigint);
-- what the journey map makes of each type in each channel
create table internal.meanings (type varchar, channel varchar, stage varchar, roles ubigint);
-- the least and greatest millisecond of each bucket of a histogram, and the value that stands for it
create table internal.buckets (bucket integer, upper_ms bigint, value_ms double);
create table internal.owners (stage varchar, owner varchar);
-- what was read how far, and what was counted, at the last publication
create table internal.positions (kind varchar, name varchar, position bigint);
create table internal.counters (name varchar, n bigint);
create table internal.findings (name varchar, n bigint, examples varchar[]);
-- what was estimated last
create table internal.bottlenecks (
    rank bigint, cut varchar, stage varchar, channel varchar, site varchar, basis varchar, threshold varchar, visits bigint, customers bigint,
    excess_ms bigint, excess_low double, reason varchar
);
create table internal.scores (
    customer_id varchar, churn_risk double, horizon_days integer, basis varchar, churn_reasons varchar[], revenue_at_risk_minor bigint
);
create table internal.models (
    basis varchar, r double, alpha double, a double, b double, log_likelihood double, n bigint, n_fitted bigint, repeaters bigint,
    first_on date, last_on date, as_of_on date, horizon_days integer, at_limit varchar[], refusal varchar
);
