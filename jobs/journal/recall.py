"""Recall: the facts and intervals of a partition on their way from the journal back into its state.

Most of what that takes is a price of each file and of each table, not of each row. So files are read ahead in a thread, only the columns that a state
is made of, and their rows are put together before the state takes them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol

import pyarrow as pa

from jobs.journal.segment import read_segment
from schemas.journal import INTERVALS, TOUCHPOINTS, Commit, Segment

FACTS = ("touchpoints", "operations")
PART_ROWS = 1 << 18
"""About so many rows are put back at once; as many may lie read beside them."""
_UNUSED = {"given_customer", "identifiers", "rating_scale", "text", "language", "attributes", "received_us", "disputed"}
_COLUMNS = {
    **{table: [name for name in TOUCHPOINTS.names if name not in _UNUSED] for table in FACTS},
    "intervals": [name for name in INTERVALS.names if name != "evidence"],
}
"""What a state is made of; what events say beside it stays in the journal."""


class Restored(Protocol):
    """What takes the rows."""

    def restore(self, table: pa.Table) -> None:
        """Take facts."""

    def restore_intervals(self, table: pa.Table) -> None:
        """Take changes of intervals."""


@dataclass
class Recall:
    """Reads segments in the order of their commits, and hands them on in large parts.

    Attributes:
        folder: Of the journal.
        into: Takes the rows.
        told: Is told after each part how many facts were put back so far.
        restored: So many facts.
        judged: How many of them stand before the end of the last commit behind which all was judged; None where there was none.
    """

    folder: Path
    into: Restored
    told: Callable[[int], None]
    restored: int = 0
    judged: int | None = None
    _reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="recall"))
    _coming: deque[tuple[Segment, Future[pa.Table]] | None] = field(default_factory=deque)  # None: here all was judged
    _ahead: int = 0
    _before: list[tuple[str, pa.Table]] = field(default_factory=list)  # facts that stand before the last mark …
    _behind: list[tuple[str, pa.Table]] = field(default_factory=list)  # … and behind it: these two never come in one part
    _held: int = 0

    def __enter__(self) -> Recall:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._reader.shutdown(cancel_futures=True)

    def take(self, commit: Commit) -> None:
        """Take in what the next commit brought.

        Raises:
            JournalError: a file is gone or damaged.
        """
        for segment in commit.segments:
            if segment.table in _COLUMNS:
                self._coming.append((segment, self._reader.submit(read_segment, self.folder, segment, _COLUMNS[segment.table])))
                self._ahead += segment.rows
                while self._ahead > PART_ROWS:
                    self._next()
        if commit.judged:
            self._coming.append(None)

    def finish(self) -> None:
        """Hand on what is left."""
        while self._coming:
            self._next()
        self._hand_on_all()

    def _next(self) -> None:
        coming = self._coming.popleft()
        if coming is None:
            self._before += self._behind
            self._behind.clear()
            self.judged = self.restored + self._held
            return
        segment, reading = coming
        table = reading.result()
        self._ahead -= segment.rows
        if segment.table == "intervals":
            self.into.restore_intervals(table)
            return
        self._behind.append((segment.table, table))
        self._held += len(table)
        if self._held >= PART_ROWS:
            self._hand_on_all()

    def _hand_on_all(self) -> None:
        for held in (self._before, self._behind):
            for name in FACTS:
                if tables := [table for kind, table in held if kind == name]:
                    self.into.restore(pa.concat_tables([table.cast(_schema(table)) for table in tables]).combine_chunks())
            held.clear()
        self.restored, self._held = self.restored + self._held, 0
        self.told(self.restored)


def _schema(table: pa.Table) -> pa.Schema:
    return pa.schema([TOUCHPOINTS.field(name) for name in table.column_names])
