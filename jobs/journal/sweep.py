"""Removes from a DIR what nothing needs any more: records and files that compaction has replaced, and files that no record ever named.

Nothing goes that somebody may still read: what was replaced stays for a while, for as long as somebody reads who began before, while the mart has not
folded it, and while a snapshot that is there names it. It may run beside all others, and be killed at any moment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs.journal.durable import sync, unique_name
from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.readers import reading_since
from schemas.journal import TABLES

GRACE_S = 600.0
"""What was replaced stays so long (seconds)."""
FRESH_S = 60.0
"""A file that was written within so long (seconds) may be one whose record is being made: it stays whatever the grace."""


@dataclass
class Swept:
    """What went, or would go."""

    records: int = 0
    files: int = 0
    bytes: int = 0
    kept: int = 0


@dataclass
class Sweep:
    """One pass over a DIR.

    Attributes:
        folded: The commits that the newest snapshot holds, by partition: the mart reads on from there.
        named: Names (table/file) of files that snapshots read.
        grace_s: What was replaced, or never named, stays so long (seconds).
        dry: Only count.
        fresh_s: A file that is younger than this (seconds) stays.
    """

    journal: Journal
    folded: Mapping[int, int]
    named: frozenset[str]
    grace_s: float = GRACE_S
    dry: bool = False
    fresh_s: float = FRESH_S
    swept: Swept = field(default_factory=Swept)

    def run(self) -> Swept:
        """Remove records, then the files that only they named."""
        now = self._now()
        cutoff = now - self.grace_s
        since = reading_since(self.journal.dir)
        cutoff = cutoff if since is None else min(cutoff, since)
        needed = set(self.named)
        for partition in (*range(self.journal.partitions), SAID_LOG):
            needed |= self._records(partition, cutoff)
        for table in TABLES:
            self._files(table, needed, min(cutoff, now - self.fresh_s))
        return self.swept

    def _now(self) -> float:
        """Return the time by the clock of the disk: that of another machine may go wrong."""
        probe = self.journal.folder / f".{unique_name()}.tmp"
        probe.touch()
        try:
            return probe.stat().st_mtime
        finally:
            probe.unlink()

    def _records(self, partition: int, cutoff: float) -> set[str]:
        """Remove base records and commit records that newer ones stand for; return the files that those that stay name."""
        generations = self.journal.bases.generations(partition)
        settled = sum(one.path.stat().st_mtime < cutoff for one in generations)
        kept = generations[max(0, settled - 1) :]
        floor = min(kept[0].read().seq, self.folded.get(partition, kept[0].read().seq)) if settled else -1
        for one in generations[: len(generations) - len(kept)]:
            self._remove(one.path, record=True)
        log = self.journal.log(partition)
        for path in sorted(log.glob("[0-9]*.json")):  # the lowest first: where one is, all later ones are
            if int(path.stem) > floor:
                break
            self._remove(path, record=True)
        for folder in (log, self.journal.bases.folder / f"{partition}"):
            self._litter(folder, min(cutoff, self._now() - self.fresh_s))
        commits = [self.journal.record(partition, seq) for seq in range(floor + 1, self.journal.last(partition) + 1)]
        every = [*(one.read() for one in kept), *(commit for commit in commits if commit is not None)]
        return {segment.file for record in every for segment in record.segments}

    def _litter(self, folder: Path, cutoff: float) -> None:
        """Remove what interrupted writing has left, and let what was removed stay so: the files behind it go next."""
        for path in folder.glob(".*.tmp"):
            if (stat := _stat(path)) is not None and stat.st_mtime < cutoff:
                self._remove(path, record=True)
        if folder.is_dir() and not self.dry:
            sync(folder)

    def _files(self, table: str, needed: set[str], cutoff: float) -> None:
        """Remove the files of a table that nothing needs."""
        with os.scandir(self.journal.folder / table) as entries:
            found = [(entry.name, stat) for entry in entries if (stat := _stat(entry)) is not None]
        for name, stat in found:
            if f"{table}/{name}" in needed or stat.st_mtime >= cutoff:
                self.swept.kept += 1
                continue
            self.swept.bytes += stat.st_size
            self._remove(self.journal.folder / table / name, record=False)

    def _remove(self, path: Path, *, record: bool) -> None:
        if not self.dry:
            path.unlink(missing_ok=True)
        self.swept.records += record
        self.swept.files += not record


def _stat(entry: os.DirEntry[str] | Path) -> os.stat_result | None:
    """Return what is known of a file; None where it has gone meanwhile: it was being written, and has its name now."""
    try:
        return entry.stat()
    except FileNotFoundError:
        return None
