"""Merges segments: facts into larger sorted files, changes into levels that name each key once. Memory holds about ``MOST`` rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.journal.segment import read_segment
from pipelines.net import net
from schemas.journal import CHANGES, SORTED, TABLES, Segment

MOST = 1 << 19
"""So many rows of facts a compacted file has at most, and about so many rows of changes are merged at a time."""
FAN = 4
"""So many parts of about one size are merged: every row is written again about log4(n) times."""


def grouped(rows: Sequence[int], most: int | None = None) -> list[list[int]]:
    """Say which parts, given by their rows in the order of their commits, are to be merged with each other.

    Args:
        rows: Of each part.
        most: No more rows are put together; None = any number.

    Returns:
        The places of the parts of each group; those that stay as they are make a group of one.

    >>> grouped([9000, 90, 10, 10, 10, 10])
    [[0], [1], [2, 3, 4, 5]]
    >>> grouped([9000, 90, 90, 50, 10, 10, 10, 10])
    [[0], [1, 2, 3, 4, 5, 6, 7]]
    >>> grouped([60, 60, 40, 40, 40], most=100)
    [[0], [1], [2], [3, 4]]
    """
    groups = [[place] for place in range(len(rows))]
    while True:
        sizes = [sum(rows[place] for place in group) for group in groups]
        due = _due(sizes, most)
        if not due:
            return groups
        groups[-due:] = [[place for group in groups[-due:] for place in group]]


def _due(sizes: Sequence[int], most: int | None) -> int:
    """Return how many parts at the end are to be merged: FAN of them, none much larger than the last, or as many as make one full; else 0."""
    count, total = 0, 0
    for size in reversed(sizes):
        if most is not None and total + size > most:
            return count if count > 1 and total * 2 > most else 0
        if _tier(size) > _tier(sizes[-1]):
            break
        count, total = count + 1, total + size
    return count if count >= FAN else 0


def _tier(size: int) -> int:
    return max(size, 1).bit_length() // (FAN.bit_length() - 1)


def merged_facts(folder: Path, name: str, segments: Sequence[Segment]) -> pa.Table:
    """Return the rows of segments of facts, sorted."""
    rows = pa.concat_tables([read_segment(folder, segment).cast(TABLES[name]) for segment in segments])
    return rows.sort_by([(column, "ascending") for column in SORTED[name]]) if name in SORTED else rows


def merged_changes(folder: Path, name: str, levels: Sequence[Sequence[Segment]], *, bottom: bool) -> Iterator[pa.Table]:
    """Yield the rows of levels of changes, the oldest first, as one level: each key once, sorted, in parts by ranges of the key.

    Args:
        folder: Of the journal.
        name: Of the table.
        levels: The files of each.
        bottom: No level stands before these.
    """
    segments = [segment for level in levels for segment in level]
    parts = _parts(segments)
    for part in range(parts):
        found = _netted(folder, name, segments, part, parts, bottom=bottom)
        if len(found):
            yield found


def merged_all(folder: Path, segments: Sequence[Segment]) -> Iterator[Mapping[str, pa.Table]]:
    """Yield the rows of all tables of changes of a base record, netted, in parts by ranges of the key: a journey and its steps in one part."""
    tables = {name: [segment for segment in segments if segment.table == name] for name in CHANGES}
    parts = max(map(_parts, tables.values()))
    for part in range(parts):
        netted = {name: _netted(folder, name, held, part, parts, bottom=True) for name, held in tables.items() if held}
        if found := {name: rows for name, rows in netted.items() if len(rows)}:
            yield found


def _netted(folder: Path, name: str, segments: Sequence[Segment], part: int, parts: int, *, bottom: bool) -> pa.Table:
    between = _between(CHANGES[name][0], part, parts)
    rows = [read_segment(folder, segment, rows=between).cast(TABLES[name]) for segment in segments]
    return net(pa.concat_tables(rows), CHANGES[name], bottom=bottom)


def _parts(segments: Sequence[Segment]) -> int:
    return -(-sum(segment.rows for segment in segments) // MOST)


def _between(column: str, part: int, parts: int) -> Any:
    """Return the condition that 64 bits of a digest lie in one of so many equal ranges; None where there is one."""
    if parts == 1:
        return None
    lo, hi = (1 << 64) * part // parts, (1 << 64) * (part + 1) // parts - 1
    return (pc.field(column) >= pa.scalar(lo, pa.uint64())) & (pc.field(column) <= pa.scalar(hi, pa.uint64()))
