"""The generated schemas are in the repository as the classes would write them now."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.__main__ import FOLDER, main, stale
from schemas.json_schema import documents


def test_the_committed_schemas_are_up_to_date() -> None:
    assert stale(FOLDER) == []


def test_check_fails_until_the_schemas_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "json"
    assert main(["--check"], folder) == 1
    assert "python -m schemas" in capsys.readouterr().err
    assert main([], folder) == 0
    assert main(["--check"], folder) == 0
    (folder / "touchpoint.1.schema.json").write_text("{}")
    assert main(["--check"], folder) == 1


def test_a_wrong_argument_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


def test_no_schema_asks_for_iso_durations() -> None:
    assert '"duration"' not in documents()["journey_map.1.schema.json"]
