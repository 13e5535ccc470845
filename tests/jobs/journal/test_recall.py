"""What the journal gives back to a state: in large parts, and nothing judged is put together with what was not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from jobs.journal import recall
from jobs.journal.recall import Recall
from jobs.journal.segment import create_empty, write_segments
from schemas.journal import TOUCHPOINTS, Commit


class _State:
    def __init__(self) -> None:
        self.parts: list[list[int]] = []

    def restore(self, table: pa.Table) -> None:
        self.parts.append(table["time_us"].to_pylist())

    def restore_intervals(self, table: pa.Table) -> None:
        raise AssertionError


def _commit(folder: Path, seq: int, times: list[int], *, judged: bool) -> Commit:
    rows = pa.Table.from_pylist([{"time_us": time} for time in times], schema=TOUCHPOINTS)
    segments = write_segments(folder, {"touchpoints": rows}, f"0-{seq}")
    return Commit(
        partition=0, seq=seq, writer="w", sources={}, segments=segments, counters={}, newest={}, map_digest="m", schema_version=1, judged=judged
    )


@pytest.mark.parametrize(("part_rows", "parts"), [(100, [[1, 2, 3], [4, 5]]), (4, [[1, 2, 3], [4], [5]]), (2, [[1, 2], [3], [4], [5]])])
def test_facts_come_in_large_parts_that_end_where_judgement_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_rows: int, parts: list[list[int]]
) -> None:
    monkeypatch.setattr(recall, "PART_ROWS", part_rows)
    create_empty(tmp_path)
    state, told = _State(), list[int]()
    with Recall(tmp_path, state, told.append) as reading:
        for seq, (times, judged) in enumerate([([1, 2], False), ([3], True), ([4], False), ([5], False)]):
            reading.take(_commit(tmp_path, seq, times, judged=judged))
        reading.finish()
    assert (reading.restored, reading.judged) == (5, 3)
    assert state.parts == parts
    assert told[-1] == 5


def test_where_nothing_was_judged_it_says_so(tmp_path: Path) -> None:
    create_empty(tmp_path)
    with Recall(tmp_path, _State(), lambda count: None) as reading:
        reading.take(_commit(tmp_path, 0, [1], judged=False))
        reading.finish()
    assert reading.judged is None
