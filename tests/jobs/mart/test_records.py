"""The marts of records agree with what a simulated company did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    to = tmp_path_factory.mktemp("records")
    simulate(20_000, 6, to)
    run([JsonLines(to / "events.jsonl")], RunSettings(to=to / "out", journey_map=default_map()))
    with open_mart(to / "out") as con:
        yield to, con


def planted(folder: Path, rule: str) -> set[str]:
    rows = json.loads((folder / "truth" / "situations.json").read_text(encoding="utf-8"))
    return {row["events"][0] for row in rows if row["rule"] == rule}


def ids(con: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {event for (event,) in con.sql(query).fetchall()}


def test_every_promise_has_one_row_and_the_broken_ones_are_overdue_or_kept_late(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, con = company
    assert con.sql("select count(*) from promises").fetchall() == con.sql("select count(*) from touchpoints where type = 'promise.made'").fetchall()
    assert ids(con, "select evidence[1] from promises where outcome in ('overdue', 'kept late')") == planted(folder, "promise_broken")
    assert ids(con, "select distinct outcome from promises") <= {"open", "overdue", "kept", "kept late", "withdrawn"}


def test_every_complaint_has_one_row_with_when_it_was_heard(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, con = company
    assert (
        con.sql("select count(*) from complaints").fetchall() == con.sql("select count(*) from touchpoints where type = 'complaint.filed'").fetchall()
    )
    heard = "coalesce(acknowledged_at, (select max(as_of) from freshness))"
    late = f"select evidence[1] from complaints where {heard} > opened_at + interval 1 day"
    assert ids(con, late) == planted(folder, "complaint_unacknowledged")


def test_a_recovery_that_failed_again_says_so(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, con = company
    assert ids(con, "select evidence[-1] from recoveries where outcome = 'failed'") == planted(folder, "double_deviation")
    assert con.sql("from recoveries where fixed_at < acted_at or acted_at < owned_at or closed_at < opened_at").fetchall() == []


def test_hand_overs_are_accepted_returned_or_open_and_moves_are_moved(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, con = company
    told = dict(con.sql("select outcome, count(*) from handoffs group by outcome").fetchall())
    of_type = dict(con.sql("select type, count(*) from touchpoints group by type").fetchall())
    assert told["moved"] == of_type["case.moved"] + of_type["call.transferred"]
    assert (told["accepted"], told["returned"]) == (of_type["handoff.accepted"], of_type["handoff.returned"])
    assert told.get("open", 0) == of_type["handoff.requested"] - told["accepted"] - told["returned"]
