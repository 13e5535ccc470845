"""Upkeep of a DIR: its journal is compacted, and what nothing needs any more is removed. One process at a time; it may stand beside all others."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.journal.compact import compact
from jobs.journal.expire import expire
from jobs.journal.log import Journal
from jobs.journal.sweep import FRESH_S, GRACE_S, Sweep, Swept
from jobs.mart.kept import folded_commits, named_files
from schemas.errors import JournalError

DUE_COMMITS = 256
"""So many commits of all partitions may lie uncompacted: a snapshot then names a few hundred small files."""
LEAST_S = 20.0
"""Time between two beginnings of upkeep (seconds)."""


@dataclass(frozen=True)
class Kept:
    """What upkeep did.

    Attributes:
        compacted: Partitions with a new base record.
        swept: What was removed.
    """

    compacted: int
    swept: Swept


def keep(dir: Path, *, least: int = 1, grace_s: float = GRACE_S, fresh_s: float = FRESH_S) -> Kept | None:  # noqa: A002 - the design's word
    """Compact all partitions with so many new commits, then sweep; None where another process is at it.

    Raises:
        JournalError: it is no DIR, or a file can't be read.
    """
    journal = Journal(dir, None)
    with alone(dir) as ours:
        if not ours:
            return None
        done = [compact(journal, partition, least=least) for partition in range(journal.partitions)]
        return Kept(sum(base is not None for base in done), _swept(journal, grace_s, fresh_s, dry=False))


def sweep(dir: Path, *, grace_s: float = GRACE_S, dry: bool = False) -> Swept | None:  # noqa: A002
    """Remove what nothing needs; None where another process is at it."""
    journal = Journal(dir, None)
    with alone(dir) as ours:
        return _swept(journal, grace_s, FRESH_S, dry=dry) if ours else None


def expire_all(dir: Path, age_us: int) -> int:  # noqa: A002
    """Compact, and let go of dead letters that were received so long ago (µs); return how many those were.

    Raises:
        JournalError: another process does upkeep at this moment.
    """
    journal, before_us = Journal(dir, None), time.time_ns() // 1000 - age_us
    with alone(dir) as ours:
        if not ours:
            raise JournalError(f"another process does upkeep of {dir} at this moment; try again")
        for partition in range(journal.partitions):
            compact(journal, partition)
        return sum(expire(journal, partition, before_us) for partition in range(journal.partitions))


def _swept(journal: Journal, grace_s: float, fresh_s: float, *, dry: bool) -> Swept:
    return Sweep(journal, folded_commits(journal.dir), named_files(journal.dir), grace_s, dry, fresh_s).run()


@contextmanager
def alone(dir: Path) -> Iterator[bool]:  # noqa: A002
    """Say whether nobody else does upkeep, and hold that while the block runs. The lock goes with the process."""
    with (dir / "journal" / "upkeep.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@dataclass
class Housekeeper:
    """Lets a process of its own do upkeep when it is due: memory comes back with its end, and nobody waits for it."""

    dir: Path
    due: int = DUE_COMMITS
    _process: subprocess.Popen[bytes] | None = None
    _begun_at: float = field(default_factory=lambda: float("-inf"))

    def look(self, uncompacted: int) -> None:
        """Begin, if so many commits are enough and nothing is going on."""
        busy = self._process is not None and self._process.poll() is None
        if busy or uncompacted < self.due or time.monotonic() - self._begun_at < LEAST_S:
            return
        self._begun_at = time.monotonic()
        command = [sys.executable, "-m", "jobs.cli", "compact", str(self.dir), "--least", "32", "--quiet"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program

    def close(self) -> None:
        """Wait for what is going on, not for long: it may be ended at any moment."""
        if self._process is None:
            return
        try:
            self._process.wait(LEAST_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
