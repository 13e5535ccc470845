"""The readable rebuild on generated histories: no arrangement changes it, and the generator makes everything that it promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.oracle import ANSWERS, rebuild, rules_of
from schemas.touchpoint import Touchpoint
from tests.generated.arrangements import arrangements
from tests.generated.arrivals import arrivals, microseconds
from tests.generated.coverage import FEATURES, coverage
from tests.generated.events import MOST_EVENTS, RECEIVED_AT, Event, histories
from tests.generated.maps import small_map

EXAMPLES = 40 if settings().derandomize else 20


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def rebuilt(con: duckdb.DuckDBPyConnection, partitions: list[list[Event]]) -> dict[str, list[dict[str, Any]]]:
    table = arrivals(partitions, small_map())
    answers = rebuild(con, table, rules_of(small_map(), table["channel"].to_pylist()), as_of_us=microseconds(RECEIVED_AT))
    return {name: answers[name].to_pylist() for name in ANSWERS}


def pure(answers: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """All but what tells of the order of arrival or of exact copies."""
    journeys = [{name: value for name, value in journey.items() if name != "revision"} for journey in answers["journeys"]]
    counts = [{name: value for name, value in count.items() if name in ("kept", "conflicts")} for count in answers["counts"]]
    return answers | {"journeys": journeys, "counts": counts}


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_no_arrangement_changes_a_journey(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    arranged = data.draw(arrangements(history))
    assert pure(rebuilt(con, arranged.events)) == pure(rebuilt(con, [history]))


@settings(max_examples=EXAMPLES)
@given(histories())
def test_every_accepted_event_is_in_one_place(con: duckdb.DuckDBPyConnection, history: list[Event]) -> None:
    answers = rebuilt(con, [history])
    [count] = answers["counts"]
    in_journeys = sum(journey["step_count"] for journey in answers["journeys"])
    assert in_journeys + len(answers["operations"]) + len(answers["house"]) == count["kept"] == count["arrived"] - count["duplicates"]
    assert len(answers["steps"]) == sum(journey["step_count"] for journey in answers["journeys"] if journey["status"] != "oversized")


def test_every_promised_feature_occurs_and_every_event_keeps_the_contract() -> None:
    made: list[list[Event]] = []

    @settings(max_examples=200, derandomize=True, database=None, phases=[Phase.generate])
    @given(histories())
    def make(history: list[Event]) -> None:
        made.append(history)

    make()
    for event in (event for history in made for event in history):
        msgspec.convert(event, Touchpoint)
    assert max(map(len, made)) <= MOST_EVENTS
    found = coverage(made)
    assert {name for name in FEATURES if not found[name]} == set()
