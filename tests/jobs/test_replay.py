"""A mart made anew from its journal says what it said (the embedded form)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.check.compare import compare
from jobs.cli import main
from jobs.simulate import simulate


def sojourn(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("simulated")
    simulate(2_000, 8, made)
    assert sojourn("run", made / "events.jsonl", "--to", made / "dir").exit_code == 0
    return made / "dir"


def test_a_mart_is_made_anew_in_place_and_in_another_dir(folder: Path, tmp_path: Path) -> None:
    assert sojourn("replay", folder, "--to", tmp_path / "other").exit_code == 0
    (folder / "mart" / "live.duckdb").write_bytes(b"no database")
    before = (folder / "serving" / "current.duckdb").resolve().name
    done = sojourn("replay", folder)
    assert done.exit_code == 0, done.output
    assert (folder / "serving" / "current.duckdb").resolve().name != before
    assert [table.table for table in compare(folder, tmp_path / "other") if not table.equal] == []


@pytest.mark.parametrize("words", [["DIR", "--from", "earliest"], [], ["--from", "earliest"], ["DIR", "--to", "DIR"]], ids=" ".join)
def test_wrong_usage_is_refused(folder: Path, words: list[str]) -> None:
    assert sojourn("replay", *[folder if word == "DIR" else word for word in words]).exit_code == 2
