"""Segments that an earlier version wrote are read as this one's, with nulls for what it did not know."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from jobs.check.segments import _wrong
from jobs.journal.segment import read_segment, write_segments
from schemas.journal import COUNTED, LATER, STEPS


@pytest.mark.parametrize("unknown", [COUNTED, LATER], ids=["business time", "all that came later"])
def test_steps_of_before_there_was_business_time_are_read_with_nulls(tmp_path: Path, unknown: Collection[str]) -> None:
    (tmp_path / "steps").mkdir()
    row = {name: None for name in STEPS.names} | {"op": "put", "wait_ms": 5}
    old = STEPS.empty_table().from_pylist([row], schema=STEPS).drop_columns(list(unknown))
    [segment] = write_segments(tmp_path, {"steps": old}, "0-1-a")
    read = read_segment(tmp_path, segment)
    assert read.column_names == STEPS.names
    assert read.to_pylist() == [row]
    assert _wrong(tmp_path, segment) is None
