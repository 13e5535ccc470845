"""``sojourn rules`` says what there is, and refuses with what is allowed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.cli import main
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map

OWN = "-- Fees hurt.\n-- scope: customer\n-- window: 1 day\n-- roles: fee\n-- unit: count\nselect 1"


def said(*words: str) -> Result:
    return CliRunner().invoke(main, ["rules", *words])


def test_the_list_shows_the_rules_that_ship_and_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "fees.sql").write_text(OWN, encoding="utf-8")
    result = said("list", "--rules", str(tmp_path))
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.output.splitlines()}
    assert "yours" in lines["fees"]
    assert "yours" not in lines["ping_pong"]
    assert "record" in lines["handoffs"]


def test_a_rule_is_explained_with_the_settings_that_the_map_gives_it(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('[rules.promise_about_to_break]\nmargin = "4h"', encoding="utf-8")
    result = said("explain", "promise_about_to_break", "--map", str(tmp_path / "map.toml"))
    assert result.exit_code == 0
    assert 'margin = "4h"  # its own: 1h' in result.output
    assert "promise.made" in result.output


def test_a_name_that_is_no_rule_is_refused_with_the_nearest() -> None:
    result = said("explain", "pingpong")
    assert result.exit_code == 2
    assert "did you mean 'ping_pong'?" in result.output


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    result = said("list", "--rules", str(tmp_path))
    assert result.exit_code == 2
    assert "no .sql file lies there" in result.output


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ("select now()", "depends on now"),
        ("select * from read_csv('/etc/passwd')", "reads read_csv"),
        ("select 1 as one", "customer_id"),
        ("selec", "must be one SELECT"),
    ],
)
def test_a_rule_that_is_none_is_refused_before_it_is_run(tmp_path: Path, select: str, told: str) -> None:
    (tmp_path / "fees.sql").write_text(OWN.replace("select 1", select), encoding="utf-8")
    result = said("check", str(tmp_path / "fees.sql"))
    assert result.exit_code == 2
    assert told in result.output


@pytest.mark.parametrize("rule", ["breakdown", "ping_pong", "promises"])
def test_a_rule_that_ships_is_well(tmp_path: Path, rule: str) -> None:
    (tmp_path / f"{rule}.sql").write_text(said("explain", rule, "--sql").output, encoding="utf-8")
    result = said("check", str(tmp_path / f"{rule}.sql"))
    assert (result.exit_code, "well" in result.output) == (0, True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("backtest")
    simulate(6_000, 5, to)
    run([JsonLines(to / "events.jsonl")], RunSettings(to=to / "out", journey_map=default_map()))
    return to


def test_a_backtest_counts_each_planted_breach_once_on_its_day(folder: Path) -> None:
    result = said("backtest", "promise_broken", str(folder / "out"), "--json")
    assert result.exit_code == 0
    planted = json.loads((folder / "truth" / "situations.json").read_text(encoding="utf-8"))
    days = [row["since"][:10] for row in planted if row["rule"] == "promise_broken"]
    assert {row["day"]: row["began"] for row in json.loads(result.stdout) if row["began"]} == {day: days.count(day) for day in days}


def test_a_backtest_tries_what_a_map_would_set(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text("[rules.moves_without_progress]\nmoves = 9", encoding="utf-8")
    assert "at most" in said("backtest", "moves_without_progress", str(folder / "out")).output
    result = said("backtest", "moves_without_progress", str(folder / "out"), "--map", str(tmp_path / "map.toml"))
    assert "it would have found nothing" in result.output


def test_a_record_is_not_backtested(folder: Path) -> None:
    assert said("backtest", "promises", str(folder / "out")).exit_code == 2
