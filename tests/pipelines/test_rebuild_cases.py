"""The fast rebuild on cases worked out by hand, each held to the readable rebuild too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.table import engine
from tests.generated.events import Event
from tests.generated.maps import small_map
from tests.generated.netted import Netted, new_partition
from tests.pipelines.test_rebuild_properties import check, expected, facts, steps


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


def test_house_events_of_two_customers_are_no_copies(con: duckdb.DuckDBPyConnection) -> None:
    beat = {"id": "h", "source": "hr", "type": "training.completed", "time": "2025-01-01T00:00:00Z"}
    netted = Netted()
    netted.absorb(new_partition(con, small_map()), 0, [[beat, beat | {"customer_id": "ann"}], [beat | {"customer_id": "bob"}, beat]])
    assert (netted.counters["accepted"], netted.counters["duplicates"], netted.counters["conflicts"]) == (3, 1, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"source": "s\x1fa", "id": "b"}, {"source": "s", "id": "a\x1fb"}),
        ({"customer_id": "ann\x1fs", "source": "a", "id": "b"}, {"source": "s", "id": "a\x1fb"}),
        ({"customer_id": "a\x1fcase\x1fb", "case_id": "c"}, {"customer_id": "a", "case_id": "b\x1fcase\x1fc"}),
        ({"customer_id": "op:k"}, {"customer_id": None, "type": "op.started", "correlation_id": "k"}),
        ({"customer_id": "house:ann"}, {"type": "feed.heartbeat"}),
    ],
)
def test_names_of_any_signs_are_told_apart(con: duckdb.DuckDBPyConnection, other: dict[str, Any], one: dict[str, Any]) -> None:
    plain = {"id": "e", "source": "log", "type": "page.viewed", "time": "2025-01-01T00:00:00Z", "customer_id": "ann"}
    events, netted = [plain | one, plain | other], Netted()
    netted.absorb(new_partition(con, small_map()), 0, [events])
    keys = {key for name in ("touchpoints", "operations") for key in facts(netted, name)}
    ids = {row["journey"] for row in netted.rows("journeys")}
    assert (len(keys), netted.counters["accepted"]) == (2, 2)
    assert len(ids) == len({(event["customer_id"], event.get("case_id")) for event in events if event["type"] == "page.viewed"})
    with engine() as apart:
        answers = expected(apart, [events], small_map())
    check(netted, answers)
    assert {row["key"] for row in answers["kept"]} == keys


def sought(*legs: tuple[str, str, str | None], **fields: Any) -> list[Event]:
    """Somebody seeks a person: (type, channel, correlation) of each event, a minute apart."""
    plain: Event = {"source": "pbx", "customer_id": "ann", **fields}
    return [
        plain
        | {"id": f"e{at}", "type": f"human.{what}", "channel": channel, "time": f"2025-01-01T00:0{at}:00Z"}
        | ({"correlation_id": key} if key else {})
        for at, (what, channel, key) in enumerate(legs)
    ]


@pytest.mark.parametrize("fields", [{}, {"case_id": "c"}])
@pytest.mark.parametrize(
    ("legs", "waits"),
    [
        ([("requested", "ivr", None), ("reached", "phone", None)], [None, 1]),
        ([("requested", "ivr", "k"), ("reached", "phone", "k")], [None, 1]),
        ([("requested", "ivr", "k"), ("reached", "phone", None)], [None, 1]),
        ([("requested", "ivr", None), ("reached", "phone", "k")], [None, 1]),
        ([("requested", "ivr", "k"), ("reached", "phone", "x")], [None, None]),
        ([("requested", "ivr", None), ("requested", "bot", "k"), ("requested", "web", "k"), ("reached", "phone", "k")], [None, None, None, 2]),
        ([("requested", "ivr", "k"), ("requested", "bot", None), ("requested", "bot", None), ("reached", "phone", "x")], [None, None, None, 2]),
        ([("requested", "ivr", "k"), ("requested", "bot", None), ("reached", "chat", None), ("reached", "bot", None)], [None, None, 2, 2]),
    ],
)
def test_a_person_sought_in_one_channel_is_reached_in_another(
    con: duckdb.DuckDBPyConnection, legs: list[tuple[str, str, str | None]], waits: list[int | None], fields: Event
) -> None:
    events, netted = sought(*legs, **fields), Netted()
    netted.absorb(new_partition(con, small_map()), 0, [events])
    assert [row["wait_ms"] and row["wait_ms"] // 60_000 for row in steps(netted)] == waits
    with engine() as apart:
        check(netted, expected(apart, [events], small_map()))
