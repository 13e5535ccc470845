"""Reads what is said in the journal, behind what was read before, and finds its place again without reading all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.segment import read_segment
from pipelines.deliver.notice import Notice, notices_of
from schemas.journal import Commit, Segment

Reached = tuple[int, int]
"""Number and instant (µs, the clock) of the last that was read."""
BEGINNING: Reached = (-1, 0)


class SaidTail:
    """The log of what was said, as one reader sees it."""

    def __init__(self, dir: Path) -> None:  # noqa: A002 - the design's word
        """Open it.

        Raises:
            JournalError: DIR is of a newer layout, or no DIR.
        """
        self._journal = Journal(dir, None)
        self._read, self._commit = BEGINNING[0], -1  # everything up to that number stands in commits up to this one

    def after(self, seq: int) -> Iterator[tuple[list[Notice], Reached]]:
        """Yield what was said behind a number, commit by commit: what is to be sent, and how far that reaches.

        Raises:
            JournalError: a record or a file is damaged.
        """
        if seq != self._read:
            self._read, self._commit = seq, self._last_commit(lambda first: first[0] <= seq) - 1
        if not self._journal.reaches(SAID_LOG, self._commit):
            self._commit = -1  # what was read goes by its numbers
        for commit in self._journal.commits(SAID_LOG, self._commit):
            for segment in _segments(commit):
                rows = read_segment(self._journal.folder, segment)
                if len(rows) and (reached := _last(rows))[0] > self._read:
                    yield [notice for notice in notices_of(rows) if notice.seq > seq], reached
                    self._read = reached[0]
            self._commit = commit.seq

    def before(self, instant_us: int) -> Reached:
        """Return the last that was said before an instant."""
        return self._find(self._last_commit(lambda first: first[1] < instant_us), lambda row: row[1] < instant_us)

    def holds(self, seq: int, said_us: int) -> bool:
        """Return whether this is what was said under a number, at this instant."""
        if seq < 0:
            return True
        return self._find(self._last_commit(lambda first: first[0] <= seq), lambda row: row[0] <= seq) == (seq, said_us)

    def _last_commit(self, keeps: Callable[[Reached], bool]) -> int:
        """Return the last commit whose first row is like that; 0 where there is none."""
        base = self._journal.bases.newest(SAID_LOG)  # it stands for all commits up to its own
        first = base.seq if base else 0
        numbers = range(first, self._journal.last(SAID_LOG) + 1)
        return max(first, first + bisect_right(numbers, False, key=lambda number: not keeps(self._first(number))) - 1)

    def _first(self, number: int) -> Reached:
        commit = self._journal.commit(SAID_LOG, number)
        rows = self._rows(commit) if commit else []
        return rows[0] if rows else BEGINNING

    def _find(self, number: int, fits: Callable[[Reached], bool]) -> Reached:
        """Return the last row of a commit that is like that, else the beginning."""
        commit = self._journal.commit(SAID_LOG, number)
        found = [row for row in self._rows(commit) if fits(row)] if commit else []
        return max(found, default=BEGINNING)

    def _rows(self, commit: Commit) -> list[Reached]:
        tables = [read_segment(self._journal.folder, segment, ["seq", "said_us"]) for segment in _segments(commit)]
        return sorted((row["seq"], row["said_us"]) for table in tables for row in table.to_pylist())


def _segments(commit: Commit) -> list[Segment]:
    return [segment for segment in commit.segments if segment.table == "said"]


def _last(rows: pa.Table) -> Reached:
    return max((int(row["seq"]), int(row["said_us"])) for row in rows.select(["seq", "said_us"]).to_pylist())
