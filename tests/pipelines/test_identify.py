"""Who an event is about: placeholders, identifiers, devices, stand-ins, and those that need nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.decode import decode
from pipelines.identify import identify
from pipelines.lexicon import Lexicon
from pipelines.state import CASE, GAP, HOUSE, OPERATION
from pipelines.table import engine, extract
from schemas.journey_map import default_map

Who = tuple[str | None, str | None, bool, int, bool]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


def who(con: duckdb.DuckDBPyConnection, *events: dict[str, Any]) -> list[Who]:
    """Customer, scope, anonymous, kind, nobody of each event."""
    whole = [{"id": "e", "source": "log", "type": "page.viewed", "time": "2025-01-01T00:00:00Z"} | event for event in events]
    table, lexicon = extract(con, decode([json.dumps(event).encode() for event in whole])), Lexicon(default_map())
    sense = lexicon.encode_senses(table)
    found = identify(table, lexicon.sense_table()["roles"][sense], default_map())
    columns = (found.customer.to_pylist(), found.scope.to_pylist(), found.anonymous.tolist(), found.kind.tolist(), found.nobody.tolist())
    return list(zip(*columns, strict=True))


def test_a_customer_id_stands_as_it_is_whatever_else_is_there(con: duckdb.DuckDBPyConnection) -> None:
    assert who(con, {"customer_id": " Ann ", "identifiers": ["cookie:a"]}) == [(" Ann ", " Ann ", False, GAP, False)]


def test_else_the_smallest_identifier_by_rank_then_value_names_the_customer(con: duckdb.DuckDBPyConnection) -> None:
    lists = [["cookie:a", "phone:2", "email:z"], ["phone:2", "phone:10"], ["zebra:a", "ant:b"], ["plain"]]
    assert [name for name, *_ in who(con, *({"identifiers": names} for names in lists))] == ["email:z", "phone:10", "zebra:a", "plain"]


def test_a_placeholder_is_nobody_wherever_it_stands(con: duckdb.DuckDBPyConnection) -> None:
    found = who(con, {"customer_id": "0", "identifiers": ["phone:undefined", "email:a@b"]}, {"customer_id": "", "identifiers": ["", "cookie:c"]})
    assert [(name, anonymous) for name, _, anonymous, _, _ in found] == [("email:a@b", False), ("cookie:c", True)]


def test_whom_only_devices_know_is_anonymous(con: duckdb.DuckDBPyConnection) -> None:
    lists = [["cookie:a"], ["device:a", "cookie:b"], ["cookie:a", "phone:1"], ["cookie:a", "phone:0"]]
    assert [anonymous for _, _, anonymous, _, _ in who(con, *({"identifiers": names} for names in lists))] == [True, True, False, True]


def test_nobody_goes_by_the_case_else_the_flow_else_the_event(con: duckdb.DuckDBPyConnection) -> None:
    found = who(
        con, {"customer_id": "0", "case_id": "c", "correlation_id": "k"}, {"customer_id": "0", "correlation_id": "k"}, {"identifiers": ["cookie:0"]}
    )
    assert [(name, anonymous, kind) for name, _, anonymous, kind, _ in found] == [
        ("case:log/c", True, CASE),
        ("flow:log/k", True, GAP),
        ("event:log/e", True, GAP),
    ]
    assert not any(nobody for *_, nobody in found)


@pytest.mark.parametrize("fields", [{}, {"customer_id": None}, {"identifiers": []}, {"case_id": "c", "correlation_id": "k"}])
def test_an_event_that_names_nothing_at_all_has_no_identity(con: duckdb.DuckDBPyConnection, fields: dict[str, Any]) -> None:
    assert [nobody for *_, nobody in who(con, fields)] == [True]


def test_backstage_work_that_names_nobody_is_an_operation_of_its_flow(con: duckdb.DuckDBPyConnection) -> None:
    work: dict[str, Any] = {"type": "op.started"}
    found = who(
        con, work | {"correlation_id": "k", "causation_id": "w"}, work | {"causation_id": "w", "case_id": "c"}, work, work | {"customer_id": "0"}
    )
    assert found == [(None, scope, True, OPERATION, False) for scope in ("op:k", "op:w", "op:", "op:")]
    back = {"type": "case.moved", "actor": {"lane": "back"}, "correlation_id": "k"}
    assert who(con, back)[0][:2] == (None, "op:k")


def test_backstage_work_that_names_a_customer_is_an_ordinary_touchpoint(con: duckdb.DuckDBPyConnection) -> None:
    assert who(con, {"type": "op.started", "customer_id": "ann", "correlation_id": "k"}) == [("ann", "ann", False, GAP, False)]
    assert who(con, {"type": "op.started", "identifiers": ["phone:1"], "case_id": "c"}) == [("phone:1", "phone:1", False, CASE, False)]


def test_house_events_need_nobody_and_are_of_whom_they_name(con: duckdb.DuckDBPyConnection) -> None:
    found = who(con, {"type": "feed.heartbeat"}, {"type": "feed.heartbeat", "customer_id": "ann"}, {"type": "feed.heartbeat", "customer_id": "0"})
    assert [(name, scope, kind, nobody) for name, scope, _, kind, nobody in found] == [
        (None, "house:", HOUSE, False),
        ("ann", "house:ann", HOUSE, False),
        (None, "house:", HOUSE, False),
    ]
