"""The fast rebuild against the readable one, on nasty histories in every arrangement: the same rows, with ``==``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.decode import decode
from pipelines.oracle import rebuild, rules_of
from pipelines.table import engine
from schemas.journey_map import JourneyMap
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.arrivals import arrivals, dead_letter, microseconds, time_us
from tests.generated.events import RECEIVED_AT, Event, histories
from tests.generated.maps import small_map
from tests.generated.netted import Netted, Row, new_partition, payloads

AS_OF = microseconds(RECEIVED_AT)
SAME_STEP = (
    "position",
    "source",
    "event_id",
    "key",
    "type",
    "stage",
    "channel",
    "site",
    "previous_type",
    "since_previous_ms",
    "wait_ms",
    "service_ms",
    "opener_position",
    "desired_ms",
    "adequate_ms",
    "calendar",
    "business_wait_ms",
    "business_desired_ms",
    "business_adequate_ms",
)
SAME_FACT = (
    "source",
    "event_id",
    "type",
    "time_us",
    "case_id",
    "channel",
    "site",
    "correlation_id",
    "causation_id",
    "lifecycle",
    "wait_ms",
    "service_ms",
    "segment",
)
DEPTHS = st.sampled_from((0, 1, 1, 2, 4))  # the less deep chains are walked, the more of them get a run
EXAMPLES = 200 if settings().derandomize else 30  # profile ci or dev


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


@pytest.fixture(scope="module")
def other() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


def absorbed(con: duckdb.DuckDBPyConnection, arranged: Arrangement, deepest: int = 0, **how: Any) -> Netted:
    netted = Netted()
    for number, batches in enumerate(arranged.partitions):
        netted.absorb(new_partition(con, small_map(), deepest), number, batches, **how)
    return netted


def expected(con: duckdb.DuckDBPyConnection, partitions: list[list[Event]], journey_map: JourneyMap) -> dict[str, list[Row]]:
    """The oracle's answers, and its ``kept``; of differing copies the one with the smallest content by `decode` wins."""
    rows = arrivals(partitions, journey_map)
    events = [event for events in partitions for event in events if dead_letter(event, journey_map) is None]
    contents = [f"{content:016x}" for content in decode(payloads(events)).content.tolist()]
    rows = rows.set_column(rows.schema.get_field_index("canonical"), "canonical", pa.array(contents, pa.string()))
    answers = rebuild(con, rows, rules_of(journey_map, rows["channel"].to_pylist()), as_of_us=AS_OF)
    kept = con.sql("select * from kept").to_arrow_table()
    return {name: table.to_pylist() for name, table in (answers | {"kept": kept}).items()}


def status(row: Row) -> str:
    age = small_map().case_max_age_us if row["case_id"] is not None else small_map().largest_gap_us + small_map().lateness_us
    if row["oversized"]:
        return "oversized"
    return "closed" if row["closed"] else "final" if row["ended_us"] + age < AS_OF else "open"


def journeys(netted: Netted) -> list[Row]:
    """What stands, in the words of the oracle."""
    plain = ("first_key", "started_us", "ended_us", "step_count", "revision", "known", "segment", "segment_key", "client_type", "client_type_key")
    rows = [
        {name: row[name] for name in plain}
        | {"customer": row["customer_id"], "rule": "gap" if row["case_id"] is None else "case", "case_id": row["case_id"], "status": status(row)}
        for row in netted.rows("journeys")
    ]
    return sorted(rows, key=name_of)


def name_of(journey: Row) -> tuple[str, str, str, int]:
    return journey["customer"], journey["rule"], journey["case_id"] or "", journey["first_key"]


def zone(row: Row) -> float | None:
    wait, desired, adequate = (row[f"{'business_' if row['calendar'] else ''}{name}_ms"] for name in ("wait", "desired", "adequate"))
    return None if wait is None or adequate is None or adequate == desired else (adequate - wait) / (adequate - desired)


def steps(netted: Netted) -> list[Row]:
    names = {journey["journey"]: (journey["customer_id"], journey["first_key"]) for journey in netted.rows("journeys")}
    rows = [
        {name: row[name] for name in SAME_STEP} | {"journey": names[row["journey"]], "time": row["time_us"], "zone": zone(row)}
        for row in netted.rows("steps")
    ]
    return sorted(rows, key=lambda row: (row["journey"], row["position"]))


def facts(netted: Netted, name: str) -> dict[int, Row]:
    """Facts by key; where copies differ, the smallest content counts."""
    table = netted.stored(name)
    rows = sorted(table.to_pylist() if table else [], key=lambda row: row["content"], reverse=True)
    assert len({(row["key"], row["content"]) for row in rows}) == len(rows)
    found = {row["key"]: row for row in rows}
    disputed = {row["key"] for row in rows if row["disputed"]}
    assert {row["key"] for row in rows if row["content"] != found[row["key"]]["content"]} == disputed
    return found


def check(netted: Netted, answers: dict[str, list[Row]]) -> None:
    wanted = [{name: value for name, value in row.items() if name not in ("types", "duration_ms")} for row in answers["journeys"]]
    assert journeys(netted) == sorted(wanted, key=name_of)
    assert [row["duration_ms"] for row in sorted(answers["journeys"], key=name_of)] == [
        (row["ended_us"] - row["started_us"]) // 1000 for row in journeys(netted)
    ]
    steps_wanted = [
        {name: row[name] for name in SAME_STEP} | {"journey": (row["customer"], row["first_key"]), "time": row["occurred_us"], "zone": row["zone"]}
        for row in answers["steps"]
    ]
    assert steps(netted) == sorted(steps_wanted, key=lambda row: (row["journey"], row["position"]))
    check_variants(netted)
    check_open_waits(netted, answers)
    check_facts(netted, answers)


def check_variants(netted: Netted) -> None:
    """Two journeys have one variant exactly when they have one sequence of types."""
    types: dict[int, list[str]] = {}
    for row in netted.rows("steps"):
        types.setdefault(row["journey"], []).append(row["type"])
    pairs = {(tuple(types[row["journey"]]), row["variant"]) for row in netted.rows("journeys") if not row["oversized"]}
    assert len({sequence for sequence, _ in pairs}) == len({variant for _, variant in pairs}) == len(pairs)
    assert all(row["variant"] is None for row in netted.rows("journeys") if row["oversized"])


def check_open_waits(netted: Netted, answers: dict[str, list[Row]]) -> None:
    wanted: dict[tuple[str, int], list[Row]] = {
        (row["customer"], row["first_key"]): [] for row in answers["journeys"] if row["status"] != "oversized"
    }
    for row in answers["steps"]:
        if row["open_wait"]:
            wait = {
                "stage": row["stage"],
                "channel": row["channel"],
                "since_us": row["occurred_us"],
                "adequate_ms": row["adequate_ms"],
                "key": row["key"],
            }
            wanted[row["customer"], row["first_key"]].append(wait)
    found = {(row["customer_id"], row["first_key"]): row["open_waits"] for row in netted.rows("journeys") if row["open_waits"] is not None}
    assert found == wanted


def check_facts(netted: Netted, answers: dict[str, list[Row]]) -> None:
    for name, kinds in (("touchpoints", ("touchpoint", "house")), ("operations", ("operation",))):
        kept = {
            row["key"]: {column: row[column] for column in SAME_FACT} | {"customer": row["customer"]}
            for row in answers["kept"]
            if row["kind"] in kinds
        }
        found = {key: {column: row[column] for column in SAME_FACT} | {"customer": row["customer_id"]} for key, row in facts(netted, name).items()}
        assert found == kept
    house = {key for key, row in facts(netted, "touchpoints").items() if row["kind"] == 2}
    assert house == {row["key"] for row in answers["house"]}


def check_balance(netted: Netted, answers: dict[str, list[Row]], read: int) -> None:
    [counts], counters = answers["counts"], netted.counters
    assert counters["read"] == read == counters["accepted"] + counters["duplicates"] + counters["dead_letters"]
    assert (counters["accepted"], counters["duplicates"], counters["conflicts"]) == (counts["kept"], counts["duplicates"], counts["conflicts"])


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_any_arrangement_gives_the_rows_of_the_readable_rebuild(
    con: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    arranged = data.draw(histories().flatmap(arrangements))
    answers = expected(other, arranged.events, small_map())
    netted = absorbed(con, arranged, data.draw(DEPTHS))
    check(netted, answers)
    check_balance(netted, answers, sum(map(len, arranged.events)))


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_two_arrangements_of_one_history_give_the_same_rows(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    one, two = (absorbed(con, data.draw(arrangements(history)), data.draw(DEPTHS)) for _ in range(2))
    assert one.rows("steps") == two.rows("steps")
    assert pure(one.rows("journeys")) == pure(two.rows("journeys"))
    for name in ("touchpoints", "operations"):
        assert pure(list(sorted_facts(one, name))) == pure(list(sorted_facts(two, name)))


def pure(rows: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in ("revision", "received_us", "late", "disputed")} for row in rows]


def sorted_facts(netted: Netted, name: str) -> Iterator[Row]:
    found = facts(netted, name)
    return (found[key] for key in sorted(found))


@settings(max_examples=EXAMPLES // 4)
@given(st.data())
def test_what_lies_after_the_end_is_skipped_and_changes_nothing(
    con: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    arranged = data.draw(histories().flatmap(arrangements))
    until = data.draw(st.sampled_from([time_us(event) for events in arranged.events for event in events] or [0]))
    before = [[event for event in events if time_us(event) <= until] for events in arranged.events]
    netted, answers = absorbed(con, arranged, until_us=until), expected(other, before, small_map())
    check(netted, answers)
    counters, [counts] = netted.counters, answers["counts"]
    assert sum(counters[name] for name in ("accepted", "duplicates", "dead_letters", "skipped")) == counters["read"] == sum(map(len, arranged.events))
    assert (counters["accepted"], counters["duplicates"]) == (counts["kept"], counts["duplicates"])
    assert counters["dead_letters"] == sum(dead_letter(event, small_map()) is not None for events in arranged.events for event in events)


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_a_state_that_was_restored_from_facts_goes_on_as_if_nothing_had_been(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    arranged = data.draw(histories().flatmap(arrangements))
    whole, broken = absorbed(con, arranged), Netted()
    for number, batches in enumerate(arranged.partitions):
        first, half = new_partition(con, small_map()), data.draw(st.integers(0, len(batches)))
        before = Netted()
        before.absorb(first, number, batches[:half])
        second = new_partition(con, small_map(), data.draw(DEPTHS))
        second.newest |= first.newest
        for name in ("touchpoints", "operations"):
            if (table := before.stored(name)) is not None:
                second.restore(table.take(pa.array(data.draw(st.permutations(range(len(table)))), pa.int64())))
        merge(broken, before)
        broken.absorb(second, number, batches[half:])
    for name in ("journeys", "steps"):
        assert broken.rows(name) == whole.rows(name)
    assert {name: broken.counters[name] for name in ("accepted", "duplicates", "conflicts", "late")} == {
        name: whole.counters[name] for name in ("accepted", "duplicates", "conflicts", "late")
    }


def merge(into: Netted, part: Netted) -> None:
    for name, rows in part.standing.items():
        into.standing[name] |= rows
    for name, tables in part.facts.items():
        into.facts[name] += tables
    into.counters.update(part.counters)
