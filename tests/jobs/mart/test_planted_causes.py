"""Who makes the customers of a simulated company wait: what was planted is found, whole and with nothing beside it, and rules blame nobody else."""

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
from pipelines.resources import read_text
from schemas.journey_map import default_map

BLAMED = "select opened_by, closed_by, operation, team, element from mart.wait_causes where operation is not null"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    to = tmp_path_factory.mktemp("causes")
    simulate(40_000, 6, to)
    run([JsonLines(to / "events.jsonl")], RunSettings(to=to / "out", journey_map=default_map()))
    with open_mart(to / "out") as con:
        yield to, con


def test_every_planted_cause_is_found_and_no_other(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    folder, con = company
    names = ("opened_by", "closed_by", "operation", "team", "element")
    planted = {tuple(row[name] for name in names) for row in json.loads((folder / "truth" / "waits.json").read_text(encoding="utf-8"))}
    found = con.execute(BLAMED).fetchall()
    right = planted & set(found)
    assert (len(right) / len(found), len(right) / len(planted)) == (1.0, 1.0)  # precision, recall
    assert len(found) > 400


def test_the_rows_of_a_wait_add_up_to_it_and_all_waits_to_those_of_the_steps(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, con = company
    split = "select sum(covered_ms) = any_value(wait_ms) and abs(sum(share) - 1) < 1e-9 from mart.wait_causes group by opened_by, closed_by"
    assert set(con.execute(split).fetchall()) == {(True,)}
    of_steps = con.execute("select count(*), sum(round(1000 * wait_s)::bigint) from mart.steps where wait_s > 0").fetchall()
    own = "(journey_id, closed_by) in (select journey_id, event_id from mart.steps where wait_s > 0)"
    ended = f"select count(*) filter (where operation is null), sum(covered_ms) from mart.wait_causes where {own}"
    assert con.execute(ended).fetchall() == of_steps
    elsewhere = (
        "select count(distinct closed_by) from mart.wait_causes where (journey_id, closed_by) not in (select journey_id, event_id from mart.steps)"
    )
    assert con.execute(elsewhere).fetchall() > [(10,)]  # answered after so long a silence that it is another journey
    still = con.execute("select sum(open_count)::bigint from mart.stage_waits").fetchall()
    assert con.execute("select count(*) from mart.wait_causes where closed_at is null and operation is null").fetchall() == still


def test_whom_the_rule_blames_has_a_part_in_the_wait(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, con = company
    rule = "select evidence[1] as opened_by, operation, team, since, until from mart.breaches where rule = 'wait_caused_backstage'"
    agreed = f"from ({rule}) as b semi join mart.wait_causes as c on (c.opened_by, c.operation, c.team) = (b.opened_by, b.operation, b.team) "
    inside = "and b.since >= c.opened_at and coalesce(b.until, 'infinity') <= coalesce(c.closed_at, 'infinity')"
    blamed = con.execute(rule).fetchall()
    assert con.execute(f"select count(*) {agreed}{inside}").fetchall() == [(len(blamed),)]
    assert len(blamed) > 100


def test_each_place_adds_up_to_one_and_thin_evidence_has_no_interval(company: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    _, con = company
    question = con.execute(read_text("pipelines/questions/who_makes_customers_wait.sql"))
    columns = [name for name, *_ in question.description or []]
    told = [dict(zip(columns, row, strict=True)) for row in question.fetchall()]
    places = [(row["stage"], row["channel"], row["site"]) for row in told]
    for place in set(places) - {places[-1]}:  # the answer ends after so many rows, perhaps within a place
        rows = [row for row in told if (row["stage"], row["channel"], row["site"]) == place]
        assert sum(row["share_of_wait"] for row in rows) == pytest.approx(1, abs=1e-9)
        assert rows[0]["element"] == "nobody"
    for row in told:
        if row["evidence"] == "enough":
            assert 0 <= row["touched_low"] <= row["journeys"] / row["of_journeys"] <= row["touched_high"] <= 1
        else:
            assert row["touched_low"] is row["touched_high"] is None
    assert {row["evidence"] for row in told} == {"enough", "not enough"}
    assert {row["element"] for row in told} == {"nobody", "people", "operations", "technology"}
