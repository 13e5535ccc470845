"""Compaction: the commits of a partition become one base record, and their many small files few large ones; what the journal says stays the same.

It may run beside writers and readers, and be killed at any moment: new files are written whole under new names, then the base record is linked, and
only ``sweep`` removes what it has replaced, a while later. Two at once do no harm: one of them fails to link its record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import pyarrow as pa

from jobs.journal.durable import unique_name
from jobs.journal.log import Journal, raise_layout
from jobs.journal.merge import MOST, grouped, merged_changes, merged_facts
from jobs.journal.segment import write_sorted
from jobs.journal.summed import summed
from schemas.errors import JournalError
from schemas.journal import CHANGES, TABLES, Base, Commit, Segment

STEP_ROWS = 4 * MOST
"""About so many rows of any one table are taken in by one base record."""
Part = Sequence[Segment]


def compact(journal: Journal, partition: int, *, least: int = 1) -> Base | None:
    """Compact a partition up to its last commit.

    Args:
        journal: Of the DIR.
        partition: Its number.
        least: Leave it as it is where fewer commits have come since the last time.

    Returns:
        The base record that counts now, None where there was nothing to do.

    Raises:
        FencedError: another process did the same at the same time.
        JournalError: a file can't be read.
    """
    old = journal.bases.newest(partition)
    after = old.seq if old else -1
    if journal.last(partition) - after < max(1, least):
        return None
    raise_layout(journal)
    made = None
    for commits in _steps(journal, partition, after):
        old = made = _Step(journal, old, commits).done()
    return made


def _steps(journal: Journal, partition: int, after: int) -> Iterator[list[Commit]]:
    """Yield the commits behind the base record, as many at a time as memory holds.

    The last ones are left out if they were not judged yet: who reads a base record that was not must judge all of it again.
    """
    step, rows = list[Commit](), Counter[str]()
    for seq in range(after + 1, journal.last(partition) + 1):
        commit = journal.commit(partition, seq)
        if commit is None:
            raise JournalError(f"{journal.dir} has no commit {seq} of partition {partition}")
        step.append(commit)
        rows.update({segment.table: segment.rows for segment in commit.segments})
        if max(rows.values(), default=0) >= STEP_ROWS:
            yield step
            step, rows = [], Counter()
    while step and not step[-1].judged:
        step.pop()
    if step:
        yield step


@dataclass
class _Step:
    """One base record in the making."""

    journal: Journal
    old: Base | None
    commits: Sequence[Commit]
    _stem: str = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        last = self.commits[-1]
        self._stem = f"{last.partition}-{last.seq:012}-{unique_name()}"

    def done(self) -> Base:
        """Write the files, then the record."""
        there = {segment.table for commit in (self.old, *self.commits) if commit for segment in commit.segments}
        segments = [segment for name in TABLES if name in there for segment in self._table(name)]
        if missing := [segment.file for segment in segments if not (self.journal.folder / segment.file).exists()]:
            raise JournalError(f"{missing[0]} went while {self.journal.dir} was compacted; nothing is lost, compact it again")
        base = summed(self.old, self.commits, segments)
        self.journal.bases.add(base)
        return base

    def _table(self, name: str) -> Iterator[Segment]:
        """Yield the files of a table: those that stay, and new ones of what is merged."""
        changes = name in CHANGES
        new = [segment for commit in self.commits for segment in commit.segments if segment.table == name]
        old = [segment for segment in self.old.segments if segment.table == name] if self.old else []
        stay: list[Part] = _levels(old) if changes else [[segment] for segment in old]
        parts = [*stay, *([new] if changes and new else _runs(new))]
        for group in grouped([_rows(part) for part in parts], None if changes else MOST):
            chosen = [parts[place] for place in group]
            if len(group) == 1 and group[0] < len(stay):
                yield from chosen[0]
            else:
                yield from self._merged(name, chosen, bottom=group[0] == 0)

    def _merged(self, name: str, parts: Sequence[Part], *, bottom: bool) -> Iterator[Segment]:
        folder = self.journal.folder
        if name in CHANGES:
            made: Iterable[pa.Table] = merged_changes(folder, name, parts, bottom=bottom)
        else:
            made = [merged_facts(folder, name, [segment for part in parts for segment in part])]
        for rows in made:
            self._count += 1
            yield write_sorted(folder, name, rows, f"{self._stem}-{self._count}", self.commits[-1].seq)


def _levels(segments: Sequence[Segment]) -> list[Part]:
    return [list(level) for _, level in groupby(segments, lambda segment: segment.through)]


def _runs(segments: Sequence[Segment]) -> list[Part]:
    """Put new files of facts together, up to the rows of one compacted file."""
    runs = list[list[Segment]]()
    for segment in segments:
        if not runs or _rows(runs[-1]) + segment.rows > MOST:
            runs.append([])
        runs[-1].append(segment)
    return [*runs]


def _rows(part: Part) -> int:
    return sum(segment.rows for segment in part)
