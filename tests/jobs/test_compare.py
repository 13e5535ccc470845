"""Two DIRs are held against each other row for row."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.check import compare as module
from jobs.check.compare import compare
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map
from schemas.mart import PURE_TABLES


def ran(lines: list[bytes], folder: Path) -> Path:
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(b"".join(lines))
    run([JsonLines(folder / "events.jsonl")], RunSettings(to=folder / "dir", journey_map=default_map()))
    return folder / "dir"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return simulate(3_000, 4, tmp_path_factory.mktemp("log")).events_path.read_bytes().splitlines(keepends=True)


def test_the_same_events_in_another_order_are_equal_in_every_table(lines: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_ROWS", 700)
    tables = list(compare(ran(lines, tmp_path / "one"), ran(lines[::-1], tmp_path / "other")))
    assert [one.table for one in tables] == list(PURE_TABLES)
    assert [one.table for one in tables if not one.equal] == []
    assert next(one for one in tables if one.table == "steps").rows > 2_000


def test_another_value_in_as_many_rows_is_noticed(lines: list[bytes], tmp_path: Path) -> None:
    place = next(place for place, line in enumerate(lines) if b'"text":' in line)
    changed = [*lines[:place], lines[place].replace(b'"text":"', b'"text":"Not '), *lines[place + 1 :]]
    tables = {one.table: one for one in compare(ran(lines, tmp_path / "one"), ran(changed, tmp_path / "other"))}
    assert tables["touchpoints"].rows == tables["touchpoints"].other_rows
    assert not tables["touchpoints"].equal
    assert tables["steps"].equal
