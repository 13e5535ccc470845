"""The files of facts that snapshots read: those of the base record, and of the commits behind it. Compaction makes them few again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from jobs.journal.log import Journal
from schemas.journal import Base, Commit, Segment

FACTS = ("touchpoints", "operations")
SHOWN = (*FACTS, "dead_letters")
"""The tables that snapshots read from the journal's files."""


@dataclass
class _Partition:
    base: Base | None = None
    behind: list[tuple[int, Segment]] = field(default_factory=list)
    seq: int = -1


@dataclass
class Shown:
    """The files of all partitions, as far as their commits were noted."""

    journal: Journal
    _partitions: dict[int, _Partition] = field(default_factory=dict)

    def note(self, commit: Commit) -> None:
        """Take in the next record of a partition."""
        one = self._partitions.setdefault(commit.partition, _Partition())
        one.seq = commit.seq
        if isinstance(commit, Base):
            one.base, one.behind = commit, []
        else:
            one.behind += [(commit.seq, segment) for segment in commit.segments if segment.table in SHOWN]

    def files(self) -> dict[str, list[Path]]:
        """Return the files by table, absolute, and the empty one of each; as they are compacted now."""
        folder = self.journal.folder.absolute()
        found = {table: [folder / f"{table}.empty.parquet"] for table in SHOWN}
        for number, one in sorted(self._partitions.items()):
            self._renew(number, one)
            for segment in (*(one.base.segments if one.base else ()), *(segment for _, segment in one.behind)):
                if segment.table in SHOWN:
                    found[segment.table].append(folder / segment.file)
        return found

    def count(self) -> int:
        """Return how many commits were noted that no base record stands for."""
        return sum(one.seq - (one.base.seq if one.base else -1) for one in self._partitions.values())

    def _renew(self, number: int, one: _Partition) -> None:
        """Go over to a newer base record, once all that it stands for was noted."""
        newest = self.journal.bases.newest(number)
        if newest is not None and newest.seq <= one.seq and (one.base is None or newest.generation > one.base.generation):
            one.base = newest
            one.behind = [(seq, segment) for seq, segment in one.behind if seq > newest.seq]


def shown(journal: Journal, commits: Iterable[Commit]) -> Shown:
    """Return the files that some commits name."""
    found = Shown(journal)
    for commit in commits:
        found.note(commit)
    return found
