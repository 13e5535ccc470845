"""What a DIR holds, as its commit records say. Reads only the records, so it is quick, and may stand beside a run."""

from __future__ import annotations

import fcntl
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.sources.journal import is_journal
from schemas.errors import JournalError
from schemas.journal import Commit, SourceRange

BALANCED = ("accepted", "duplicates", "dead_letters", "skipped")
"""Into these every event that was read falls, each into one."""


@dataclass
class Contents:
    """The records of a DIR, added up.

    Attributes:
        commits: All records, by partition and number; a base record stands for all before it.
        counters: Totals.
        sources: How far each source was read, the latest first.
        rows, files: By table of the journal.
        latest_us: The greatest event time, or the last tick beyond it.
    """

    dir: Path
    commits: list[Commit] = field(default_factory=list)
    counters: Counter[str] = field(default_factory=Counter)
    sources: dict[str, SourceRange] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    earliest_us: int | None = None
    latest_us: int | None = None
    until_us: int | None = None

    @classmethod
    def of(cls, dir: Path) -> Contents:  # noqa: A002 - the design's word
        """Read the records of a DIR.

        Raises:
            JournalError: it is no Sojourn DIR, or of a newer layout.
        """
        if not is_journal(dir):
            raise JournalError(f"{dir} is no folder of sojourn run (it has no file named format); sojourn run SOURCE --to {dir} makes one")
        journal = Journal(dir, None)
        with reading(dir):
            found = cls(dir)
            for partition in range(journal.partitions):
                for commit in journal.commits(partition):
                    found._add(commit)
        return found

    @property
    def made(self) -> int:
        """How many commits were made, those that were compacted included."""
        return sum({commit.partition: commit.seq + 1 for commit in self.commits}.values())

    @property
    def as_of_us(self) -> int | None:
        """The instant at which states hold."""
        return self.until_us if self.until_us is not None else self.latest_us

    def _add(self, commit: Commit) -> None:
        self.commits.append(commit)
        self.counters.update(commit.counters)
        self.sources = commit.sources | {name: reached for name, reached in self.sources.items() if name not in commit.sources}
        for segment in commit.segments:
            self.rows[segment.table] += segment.rows
            self.files[segment.table] += 1
        earliest = [time for time in (self.earliest_us, commit.earliest_us) if time is not None]
        latest = [time for time in (self.latest_us, commit.latest_us, commit.tick_us) if time is not None]
        self.earliest_us, self.latest_us = min(earliest, default=None), max(latest, default=None)
        self.until_us = commit.until_us


def holder(dir: Path) -> str | None:  # noqa: A002 - the design's word
    """Return the id of the process whose run holds a DIR, None where nobody does."""
    lock = dir / "run.lock"
    if not lock.exists():
        return None
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "unknown"
    return None
