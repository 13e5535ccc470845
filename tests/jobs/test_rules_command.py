"""``sojourn rules`` says what there is, and refuses with what is allowed."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from jobs.cli import main

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
