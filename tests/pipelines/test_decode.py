"""Nothing that comes in breaks the reading or is lost, and the bulk reader sees exactly what the typed decoder saw."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.canonical import Filled
from pipelines.decode import Decoded, decode
from pipelines.partition import Batch
from pipelines.table import engine, extract, query
from schemas.journey_map import default_map
from schemas.touchpoint import FIELDS, MAX_BYTES, Touchpoint
from tests.generated.arrivals import microseconds
from tests.generated.broken import CLOUD, FULL, SMALL, payloads, rare
from tests.generated.events import histories
from tests.generated.netted import FACTS, new_partition

NOW = microseconds(datetime(2026, 1, 1, tzinfo=UTC))
FAR = microseconds(datetime(9999, 12, 31, tzinfo=UTC))  # nothing lies ahead of it


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


def wire(*events: Any) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


def reasons(decoded: Decoded) -> list[tuple[int, str]]:
    return [(letter.place, letter.reason) for letter in decoded.dead]


def columns(line: bytes) -> dict[str, Any]:
    """What the columns of one event should hold, by way of the typed decoder."""
    event = msgspec.json.decode(line, type=Touchpoint)
    plain: dict[str, Any] = msgspec.structs.asdict(event)
    row = {
        name: plain[name]
        for name in ("source", "type", "sequence", "identifiers", "case_id", "channel", "site", "lifecycle", "causation_id", "correlation_id")
    }
    row |= {"event_id": event.id, "given_customer": event.customer_id, "given_stage": event.stage, "text": event.text, "language": event.language}
    row |= {name: row[name] or None for name in ("case_id", "channel", "site", "causation_id", "correlation_id", "given_stage")}
    row |= {"time_us": microseconds(event.time), "wait_ms": milliseconds(event.wait_s), "service_ms": milliseconds(event.service_s)}
    actor, promise, rating, money = event.actor, event.promise, event.rating, event.money
    row |= {"actor_id": actor and actor.id, "actor_kind": actor and actor.kind, "team": actor and actor.team, "lane": actor and actor.lane}
    row |= {"promise_due_us": promise and microseconds(promise.due_at), "promise_kind": promise and promise.kind}
    row |= {"rating_metric": rating and rating.metric, "rating_value": rating and rating.value, "rating_scale": rating and rating.scale}
    row |= {"money_minor": money and money.amount_minor, "money_currency": money and money.currency, "money_kind": money and money.kind}
    attributes = event.attributes
    row |= {name: (attributes or {}).get(name) for name in ("segment", "client_type", "context")}
    return row | {"attributes": None if attributes is None else sorted(attributes.items())}


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000 + 0.5)


def read(con: duckdb.DuckDBPyConnection, decoded: Decoded) -> list[dict[str, Any]]:
    rows = extract(con, decoded).drop_columns(["place", "content"]).to_pylist()
    return [row | {"attributes": None if row["attributes"] is None else sorted(row["attributes"])} for row in rows]


def check(con: duckdb.DuckDBPyConnection, decoded: Decoded) -> None:
    assert read(con, decoded) == [columns(line) for line in decoded.lines]


@pytest.mark.parametrize("strict", [False, True])
def test_ten_thousand_broken_payloads_balance_and_each_dead_letter_has_its_bytes(con: duckdb.DuckDBPyConnection, strict: bool) -> None:
    partition, given = new_partition(con, default_map()), [*payloads(10_000, seed=1), *rare(40, seed=2)]
    for begin in range(0, len(given), 500):
        batch = Batch(given[begin : begin + 500], "f", NOW, begin, strict=strict)
        absorbed = partition.absorb(batch)
        counters = absorbed.counters
        assert counters["read"] == len(batch.payloads) == counters["accepted"] + counters["duplicates"] + counters["dead_letters"]
        letters = absorbed.tables["dead_letters"].to_pylist()
        assert len(letters) == counters["dead_letters"] == sum(count for name, count in counters.items() if name.startswith("dead:"))
        for letter in letters:
            assert letter["payload"] == given[letter["place"]] and letter["md5"] == hashlib.md5(letter["payload"]).hexdigest()


def test_the_bulk_reader_gives_the_values_of_the_typed_decoder_on_all_that_is_accepted(con: duckdb.DuckDBPyConnection) -> None:
    decoded = decode([*payloads(10_000, seed=3), *rare(20, seed=4)])
    assert len(decoded.lines) > 3000
    check(con, decoded)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = texts.filter(bool)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=zones).map(lambda at: at.isoformat())  # noqa: DTZ001 - a bound
seconds = st.floats(0, 3.2e9) | st.integers(0, 10**9) | st.sampled_from((0.001, 0.0015, 1e-7, 86_400.999))
wholes = st.integers(-(1 << 62), 1 << 62)
optional = {
    "sequence": wholes,
    "customer_id": texts,
    "identifiers": st.lists(texts, max_size=3),
    "case_id": texts,
    "channel": texts,
    "site": texts,
    "stage": texts,
    "lifecycle": st.sampled_from(("queued", "started", "completed")),
    "causation_id": texts,
    "correlation_id": texts,
    "wait_s": seconds,
    "service_s": seconds,
    "actor": st.fixed_dictionaries(
        {}, optional={"id": texts, "kind": st.sampled_from(("human", "machine")), "team": texts, "lane": st.sampled_from(("front", "back"))}
    ),
    "promise": st.fixed_dictionaries({"due_at": instants}, optional={"kind": texts}),
    "rating": st.fixed_dictionaries({"metric": st.just("ces"), "value": st.floats(-1e9, 1e9)}, optional={"scale": texts}),
    "money": st.fixed_dictionaries({"amount_minor": wholes, "currency": st.just("EUR")}, optional={"kind": st.just("order")}),
    "text": texts,
    "language": texts,
    "attributes": st.dictionaries(texts | st.sampled_from(("segment", "context")), texts, max_size=4),
}
events = st.fixed_dictionaries({"id": names, "source": names, "type": names, "time": instants}, optional=optional)


@settings(max_examples=100)
@given(st.lists(events, max_size=5), st.booleans())
def test_any_touchpoint_of_the_contract_is_accepted_and_read_as_it_stands(
    con: duckdb.DuckDBPyConnection, given_events: list[Any], plain: bool
) -> None:
    decoded = decode([json.dumps(event, ensure_ascii=plain).encode() for event in given_events])
    assert decoded.dead == []
    check(con, decoded)


def test_a_copy_that_differs_in_notation_only_has_the_same_content() -> None:
    copies = [
        FULL,
        FULL | {"time": "2025-03-04T06:00:00.123456Z", "promise": FULL["promise"] | {"due_at": "2025-03-05T10:00:00+01:00"}},
        dict(reversed(FULL.items())),
        FULL | {"attributes": dict(reversed(FULL["attributes"].items()))},
    ]
    assert len(set(decode([*wire(*copies), json.dumps(FULL, indent=1, ensure_ascii=False).encode()]).content.tolist())) == 1
    assert len(set(decode(wire(FULL, FULL | {"text": "other"})).content.tolist())) == 2


@pytest.mark.parametrize(
    "nothing",
    [
        {"attributes": {}},
        {"identifiers": []},
        {"actor": {}},
        {"actor": {"id": None}},
        {"case_id": "", "channel": "", "site": ""},
        {"stage": "", "causation_id": "", "correlation_id": ""},
    ],
)
def test_what_holds_nothing_is_absent(nothing: dict[str, Any]) -> None:
    one, other = decode(wire(SMALL, SMALL | nothing)).lines
    assert one == other


def test_a_filled_touchpoint_is_written_in_the_order_of_the_contract() -> None:
    assert Filled.__struct_fields__ == FIELDS


@pytest.mark.parametrize(("seconds", "stored"), [(0.0004, 0.0), (-0.0, 0.0), (0.0015, 0.002), (12.3456, 12.346), (7, 7.0), (86_400.999, 86_400.999)])
def test_durations_are_whole_milliseconds(seconds: float, stored: float) -> None:
    one, other = decode(wire(SMALL | {"wait_s": seconds, "service_s": seconds}, SMALL | {"wait_s": stored, "service_s": stored})).lines
    assert one == other and msgspec.json.decode(one)["wait_s"] == stored


def again(con: duckdb.DuckDBPyConnection, given: list[bytes]) -> None:
    """Decode, store as facts, read them back as a source does, decode again: the same canonical bytes."""
    absorbed = new_partition(con, default_map()).absorb(Batch(given, "f", FAR))
    for name in FACTS[:2]:
        if name in absorbed.tables:
            facts = absorbed.tables[name]
            decoded = decode(query(con, "jobs/sources/facts.sql", facts=facts)["line"].cast(pa.binary()).to_pylist())
            assert decoded.dead == [] and decoded.content.tolist() == facts["content"].to_pylist()


@settings(max_examples=100)
@given(st.lists(events, max_size=5), histories())
def test_stored_facts_read_again_are_the_same_bytes(con: duckdb.DuckDBPyConnection, given_events: list[Any], history: list[Any]) -> None:
    again(con, wire(*given_events, *history))


def test_broken_payloads_that_are_accepted_are_stored_as_they_are_read(con: duckdb.DuckDBPyConnection) -> None:
    again(con, [*payloads(10_000, seed=5), *rare(20, seed=6)])


def test_a_cloud_event_is_read_as_the_touchpoint_that_it_carries() -> None:
    plain = {"id": "1", "source": "s", "type": "page.viewed", "time": "2025-03-04T09:00:00Z", "customer_id": "c7", "channel": "web"}
    decoded = decode(wire(CLOUD, plain))
    assert decoded.lines[0] == decoded.lines[1] and decoded.unknown_fields == 0


def test_unknown_fields_are_kept_as_json_text_and_refused_when_strict() -> None:
    event = SMALL | {"mood": {"a": [1, None]}, "word": "as it is", "attributes": {"word": "stays"}}
    decoded = decode(wire(SMALL, event))
    assert decoded.unknown_fields == 1
    assert msgspec.json.decode(decoded.lines[1])["attributes"] == {"mood": '{"a":[1,null]}', "word": "stays"}
    assert reasons(decode(wire(SMALL, event), strict=True)) == [(1, "schema")]


def test_reasons_tell_what_was_wrong_and_places_where() -> None:
    bad = [b"{", b"[]", b"null", *wire(SMALL), b'{"id":"1"}', *wire(SMALL | {"time": "2025-03-04T09:00:00"}), b" " * (MAX_BYTES + 1), b"\xff"]
    assert reasons(decode(bad)) == [(0, "not_json"), (1, "schema"), (2, "schema"), (4, "schema"), (5, "schema"), (6, "too_large"), (7, "not_json")]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_an_instant_that_utc_has_no_year_for_is_refused(time: str) -> None:
    assert reasons(decode(wire(SMALL | {"time": time}, SMALL))) == [(0, "schema")]


def test_one_bad_payload_among_many_leaves_the_others_as_they_are() -> None:
    many = wire(*[SMALL | {"id": str(number)} for number in range(1000)])
    many[500] = b"?"
    decoded = decode(many)
    assert reasons(decoded) == [(500, "not_json")]
    assert decoded.places.tolist() == [place for place in range(1000) if place != 500]
    assert [msgspec.json.decode(line)["id"] for line in decoded.lines] == [str(place) for place in decoded.places.tolist()]


def test_nothing_in_is_nothing_out(con: duckdb.DuckDBPyConnection) -> None:
    absorbed = new_partition(con, default_map()).absorb(Batch([], "f", NOW))
    assert (dict(absorbed.tables), absorbed.counters["read"], absorbed.earliest) == ({}, 0, None)


def test_what_lies_further_ahead_than_the_map_allows_and_what_names_nobody_is_dead() -> None:
    with engine() as con:
        ahead = SMALL | {"time": "2026-01-01T00:05:00Z"}
        absorbed = new_partition(con, default_map()).absorb(
            Batch(wire(ahead, ahead | {"time": "2026-01-01T00:05:01Z"}, {**SMALL, "customer_id": None}), "f", NOW, offset=40)
        )
    letters = absorbed.tables["dead_letters"].to_pylist()
    assert {(letter["place"], letter["reason"]) for letter in letters} == {(41, "time_in_future"), (42, "no_identity")}
    assert absorbed.counters["accepted"] == 1
