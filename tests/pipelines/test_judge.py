"""The shipped rules, run by the oracle over a whole simulated log: each finds what was planted for it, and nothing on a clean log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from pipelines.judge.rule import parse_rule
from pipelines.oracle.judge import judge, see
from pipelines.simulate.proof import Interval, prove
from schemas.journey_map import default_map

RULES = {
    (name := path.name.removesuffix(".sql")): parse_rule(name, path.read_text(encoding="utf-8"))
    for path in sorted(files("pipelines").joinpath("rules").iterdir(), key=lambda path: path.name)
    if path.name.endswith(".sql")
}
_SHOWN = """
select
    any_value(f.customer_id), any_value(operation), any_value(f.team), any_value(since), any_value(until), list(t.event_id), list(t.customer_id)
from (select *, row_number() over () as number, unnest(evidence) as shown from found) as f left join walked as t on t.key = f.shown
where since <= (select max(occurred_at) from walked)
group by number
"""
_WANTED = """
select customer_id, subject_kind, subject_id, opened_at, since, until, value::bigint, threshold::bigint, evidence from found
order by all
"""
_STORED = """
select customer_id, subject_kind, subject_id, opened_at, since, until, value, threshold, evidence_keys from internal.intervals where rule = $rule
order by all
"""
BREACHES = [name for name, rule in RULES.items() if not rule.record]


@pytest.fixture(scope="module", params=[False, True], ids=["planted", "clean"])
def simulated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(30_000, 2, folder, clean=request.param)
    run([JsonLines(folder / "events.jsonl")], RunSettings(to=folder / "out", journey_map=default_map()))
    with open_mart(folder / "out") as con:
        see(con, default_map())
        yield folder, con


def intervals(con: duckdb.DuckDBPyConnection, rule: str) -> Iterator[Interval]:
    """Return what a rule finds by the end of the log."""
    con.register("found", judge(con, RULES[rule]))
    rows = con.sql(_SHOWN).fetchall()
    for customer, op, owner, since, until, events, customers in rows:
        yield Interval(rule, customer, op, owner, since, until, frozenset(filter(None, events)), frozenset(filter(None, customers)))


@pytest.mark.parametrize("rule", BREACHES)
def test_a_rule_finds_each_planted_case_and_nothing_else(simulated: tuple[Path, duckdb.DuckDBPyConnection], rule: str) -> None:
    folder, con = simulated
    situations = json.loads((folder / "truth" / "situations.json").read_text(encoding="utf-8"))
    (proof,) = prove([rule], situations, intervals(con, rule))
    assert (proof.planted > 0) == (situations != [])
    assert proof.missed == ()
    assert proof.unplanned == 0


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_engine_says_what_the_oracle_says(simulated: tuple[Path, duckdb.DuckDBPyConnection], rule: str) -> None:
    _, con = simulated
    con.register("found", judge(con, RULES[rule]))
    wanted = con.sql(_WANTED).fetchall()
    assert con.sql(_STORED, params={"rule": rule}).fetchall() == wanted
    assert wanted or rule in BREACHES
