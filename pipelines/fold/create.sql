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
-- What repeats in journeys and steps (words, and numbers that the map gives) stands once a combination, in profiles, kinds and places, under a number that means
-- nothing elsewhere; views say all of it. How columns are compressed is said where trying every way would cost more than it saves.
create table internal.profiles (profile integer, segment varchar, client_type varchar);
create table internal.journey_rows (
    journey ubigint using compression uncompressed, customer_id varchar using compression uncompressed, known boolean, case_id varchar using compression uncompressed,
    started_at timestamp, ended_at timestamp, step_count bigint, variant ubigint using compression uncompressed, closed boolean, oversized boolean, revision bigint,
    profile integer, segment_us bigint using compression bitpacking, segment_sequence bigint using compression rle, segment_key ubigint using compression rle,
    client_type_us bigint using compression bitpacking, client_type_sequence bigint using compression rle, client_type_key ubigint using compression rle,
    open_waits struct(stage varchar, channel varchar, since_us bigint, adequate_ms bigint, "key" ubigint)[]
);
create view internal.journeys as
select
    r.journey, r.customer_id, r.known, r.case_id, r.started_at, r.ended_at, r.step_count, r.variant, r.closed, r.oversized, r.revision, p.segment, r.segment_us,
    r.segment_sequence, r.segment_key, p.client_type, r.client_type_us, r.client_type_sequence, r.client_type_key, r.open_waits
from internal.journey_rows as r join internal.profiles as p on p.profile = r.profile;
create table internal.kinds (
    kind integer, source varchar, type varchar, stage varchar, channel varchar, previous_type varchar, money_kind varchar, desired_ms bigint, adequate_ms bigint,
    calendar varchar, business_desired_ms bigint, business_adequate_ms bigint, roles ubigint
);
create table internal.places (place integer, site varchar, actor_id varchar, team varchar);
create table internal.step_rows (
    journey ubigint using compression rle, position integer, "key" ubigint using compression uncompressed, event_id varchar using compression uncompressed,
    occurred_at timestamp, kind integer, place integer, since_previous_ms bigint using compression bitpacking, wait_ms bigint using compression rle,
    service_ms bigint using compression rle, opener_position integer using compression rle, money_minor bigint using compression rle,
    own_desired_ms bigint using compression rle, own_adequate_ms bigint using compression rle, business_wait_ms bigint using compression rle
);
-- A zone that counts by a calendar is as long as its hours make it, so each such step has its own levels; else they stand in its kind.
create view internal.steps as
select
    r.journey, r.position, r."key", k.source, r.event_id, r.occurred_at, k.type, k.stage, k.channel, p.site, p.actor_id, p.team, k.previous_type, r.since_previous_ms,
    r.wait_ms, r.service_ms, r.opener_position, coalesce(r.own_desired_ms, k.desired_ms) as desired_ms, coalesce(r.own_adequate_ms, k.adequate_ms) as adequate_ms,
    k.calendar, r.business_wait_ms, k.business_desired_ms, k.business_adequate_ms, k.roles, r.money_minor, k.money_kind
from internal.step_rows as r join internal.kinds as k on k.kind = r.kind join internal.places as p on p.place = r.place;
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
-- where in its zone of tolerance a wait lies: 0 at the adequate level, 1 at the desired one; where the zone counts by a calendar, in business time
create macro internal.zone(calendar, desired_ms, adequate_ms, wait_ms, business_desired_ms, business_adequate_ms, business_wait_ms) as (
    case
        when calendar is null then case when adequate_ms <> desired_ms then (adequate_ms - wait_ms)::double / (adequate_ms - desired_ms) end
        when business_adequate_ms <> business_desired_ms
            then (business_adequate_ms - business_wait_ms)::double / (business_adequate_ms - business_desired_ms)
    end
);
-- the bucket of a histogram that a duration falls into, or one beside it where rounding hits a bound
create macro internal.bucket_guess(ms) as case when ms > 0 then 1 + ceil(ln(ms) / ln(51 / 49))::integer else 0 end;
-- the bounds of Wilson's interval at 95 % of a share p of n, z² = 3.8414588206941; exact where none and where all are in it
create macro internal.wilson_low(part, n, p) as (
    case when n = 0 then null when part = 0 then 0
        else (p + 3.8414588206941::double / 2 / n - 1.959963984540054::double * sqrt((p * (1 - p) + 3.8414588206941::double / 4 / n) / n)) / (1 + 3.8414588206941::double / n) end
);
create macro internal.wilson_high(part, n, p) as (
    case when n = 0 then null when part = n then 1
        else (p + 3.8414588206941::double / 2 / n + 1.959963984540054::double * sqrt((p * (1 - p) + 3.8414588206941::double / 4 / n) / n)) / (1 + 3.8414588206941::double / n) end
);
-- what the rules return: breaches, and records that other marts show; some lie in the future
create table internal.intervals (
    rule varchar, "key" ubigint, record boolean, unit varchar, customer_id varchar using compression uncompressed, subject_kind varchar, subject_id varchar using compression uncompressed, opened_at timestamp,
    since timestamp, until timestamp, value bigint, threshold bigint, evidence varchar[], evidence_keys ubigint[],
    journey ubigint, stage varchar, channel varchar, site varchar, team varchar, operation varchar
);
-- what was said about breaches, in order
create table internal.said (
    seq bigint, said_at timestamp, as_of timestamp, rule varchar, subject_kind varchar, subject_id varchar using compression uncompressed, customer_id varchar using compression uncompressed, "key" ubigint,
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
create table internal.meanings (type varchar, channel varchar, stage varchar, roles ubigint, thing varchar);
-- what opens and what closes it, by the journey map
create table internal.pairs (name varchar, thing varchar, opens ubigint, closes ubigint, "key" varchar, wait boolean, stage varchar);
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
    customer_id varchar using compression uncompressed, churn_risk double, horizon_days integer, basis varchar, churn_reasons varchar[], revenue_at_risk_minor bigint
);
create table internal.models (
    basis varchar, r double, alpha double, a double, b double, log_likelihood double, n bigint, n_fitted bigint, repeaters bigint,
    first_on date, last_on date, as_of_on date, horizon_days integer, at_limit varchar[], refusal varchar
);
