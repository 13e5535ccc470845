"""The log: one record a commit, made with ``link()``, so that it exists whole or not at all and two writers can't both make the next one.

Compaction puts one base record in the place of all records of a partition up to some commit (``jobs.journal.compact``); those go a while later.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from jobs.journal.base import Bases
from jobs.journal.durable import link_new, write_new
from jobs.journal.segment import create_empty
from schemas.errors import CompactedError, FencedError, JournalError
from schemas.journal import FORMAT, Commit

_decode = msgspec.json.Decoder(Commit).decode

SAID_LOG = -1
"""The number of the log of what was said, in the place of a partition's; it has one writer, the mart's loop. Its records lie in ``log/said``."""


class Journal:
    """A DIR with its format, its segments and its logs."""

    def __init__(self, dir: Path, partitions: int | None = 1, *, shared: bool = False) -> None:  # noqa: A002 - the design's word
        """Open a DIR, or make one of so many partitions where there is none.

        Args:
            dir: The DIR.
            partitions: None opens what stands there, whatever its number, to read it.
            shared: Workers write to it, each its partitions; else one run at a time does.

        Raises:
            JournalError: it is of a newer layout, has another number of partitions, or is something else.
        """
        self.dir = dir
        self.folder = dir / "journal"
        self.bases = Bases(self.folder)
        stated = dir / "format"
        if not stated.exists():
            if partitions is None:
                raise JournalError(f"{dir} is no Sojourn folder (it has no file named format)")
            _make(dir, self.folder, partitions, shared)
        self.partitions, self.shared = _format(stated)
        if partitions is None:
            return
        if self.shared and not shared:
            raise JournalError(f"{dir} belongs to workers on Kafka; what is to go in goes through their topics: sojourn produce SOURCE…")
        if shared and not self.shared:
            raise JournalError(f"{dir} was made by sojourn run; workers need a DIR of their own, and take over what is in it: sojourn produce {dir}")
        if self.partitions != partitions:
            raise JournalError(f"{dir} has {self.partitions} partitions, this run wants {partitions}; the number is fixed when a DIR is made")

    def commits(self, partition: int, after: int = -1) -> Iterator[Commit]:
        """Yield the records of a partition behind ``after``, in order; from the beginning, the base record comes first if there is one.

        Raises:
            CompactedError: the next record was compacted and is gone: only from the beginning can this partition be read.
            JournalError: a record can't be read.
        """
        seq = after + 1
        if after < 0 and (base := self.bases.newest(partition)) is not None:
            yield base
            seq = base.seq + 1
        while (commit := self.record(partition, seq)) is not None:
            yield commit
            seq += 1
        if not self.reaches(partition, seq - 1):
            raise CompactedError(f"commit {seq} of partition {partition} of {self.dir} was compacted while it was read; begin again")

    def reaches(self, partition: int, seq: int) -> bool:
        """Return whether who has read up to a record can read on from there: not where the next one is gone, compacted with others."""
        base = self.bases.newest(partition)
        return seq < 0 or base is None or base.seq <= seq or self._path(partition, seq + 1).exists()

    def commit(self, partition: int, seq: int) -> Commit | None:
        """Return the record of a commit, or the base record that ends with it; None where there is none.

        Raises:
            JournalError: it can't be read.
        """
        base = self.bases.newest(partition)
        return base if base is not None and base.seq == seq else self.record(partition, seq)

    def latest(self, partition: int) -> Iterator[Commit]:
        """Yield the records of a partition from the last one back, with the base record at the end."""
        base = self.bases.newest(partition)
        for seq in range(self.last(partition), base.seq if base else -1, -1):
            commit = self.record(partition, seq)
            if commit is None:
                raise JournalError(f"{self.dir} has no commit {seq} of partition {partition}")
            yield commit
        if base is not None:
            yield base

    def last(self, partition: int) -> int:
        """Return the number of a partition's last record, -1 where there is none. Looks at few names, however many there are."""
        base = self.bases.newest(partition)
        low, step = base.seq if base else -1, 1
        while self._path(partition, low + step).exists():
            low, step = low + step, step * 2
        while step > 1:
            step //= 2
            if self._path(partition, low + step).exists():
                low += step
        return low

    def holds(self, partition: int, seq: int, writer: str) -> bool:
        """Return whether a commit is part of this journal, and can be gone on from: not where it was put back from a backup and written on."""
        commit = self.commit(partition, seq) if seq >= 0 else None
        return seq < 0 or (commit is not None and commit.writer == writer and self.reaches(partition, seq))

    def append(self, commit: Commit) -> None:
        """Make a commit visible.

        Raises:
            FencedError: another writer has made a record of this number.
        """
        path = self._path(commit.partition, commit.seq)
        path.parent.mkdir(exist_ok=True)  # a DIR of an earlier version has no log of what was said
        lost = FencedError(f"commit {commit.seq} of partition {commit.partition} was made by another process; this one has lost {self.dir}")
        try:
            link_new(path, msgspec.json.encode(commit))
        except FileExistsError:
            raise lost from None
        base = self.bases.newest(commit.partition)
        if base is not None and base.seq >= commit.seq:  # it was made long ago, compacted, and its name was free again
            path.unlink()
            raise lost

    def record(self, partition: int, seq: int) -> Commit | None:
        """Return the record of one commit, as long as it lies in the log; None where it doesn't, or not any more.

        Raises:
            JournalError: it can't be read.
        """
        path = self._path(partition, seq)
        try:
            return _decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, OSError) as error:
            raise JournalError(f"the commit record {path} is damaged: {error}; put it back from a backup") from error

    def log(self, partition: int) -> Path:
        """Return the folder of a partition's records."""
        return self.folder / "log" / ("said" if partition == SAID_LOG else f"{partition}")

    def _path(self, partition: int, seq: int) -> Path:
        return self.log(partition) / f"{seq:012}.json"


def raise_layout(journal: Journal) -> None:
    """Say that this DIR has base records: an older version, which knows none, refuses it instead of reading a part of it."""
    stated = journal.dir / "format"
    found = msgspec.json.decode(stated.read_bytes(), type=dict[str, int])
    if found["layout"] < FORMAT:
        write_new(stated, msgspec.json.encode(found | {"layout": FORMAT}))


def _make(dir: Path, folder: Path, partitions: int, shared: bool) -> None:  # noqa: A002
    if dir.exists() and any(dir.iterdir()):
        known = {"run.lock", "state"}
        strange = sorted(entry.name for entry in dir.iterdir() if entry.name not in known)
        if strange and not (folder / "log").exists():
            raise JournalError(f"{dir} is no Sojourn folder and not empty (it holds {strange[0]!r}); give an empty or a new folder")
    for partition in range(partitions):
        (folder / "log" / str(partition)).mkdir(parents=True, exist_ok=True)
    create_empty(folder)
    write_new(dir / "format", msgspec.json.encode({"layout": FORMAT, "partitions": partitions} | ({"shared": 1} if shared else {})))


def _format(stated: Path) -> tuple[int, bool]:
    try:
        found = msgspec.json.decode(stated.read_bytes(), type=dict[str, int])
        layout, partitions = found["layout"], found["partitions"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise JournalError(f"{stated} is not a Sojourn format file: {error}") from error
    if layout > FORMAT:
        raise JournalError(f"{stated.parent} has layout {layout}, this version reads up to {FORMAT}; use a newer sojourn")
    return partitions, bool(found.get("shared"))
