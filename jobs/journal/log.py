"""The log: one record a commit, made with ``link()``, so that it exists whole or not at all and two writers can't both make the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from jobs.journal.durable import link_new, write_new
from jobs.journal.segment import create_empty
from schemas.errors import JournalError
from schemas.journal import FORMAT, Commit

_decode = msgspec.json.Decoder(Commit).decode


class Journal:
    """A DIR with its format, its segments and its logs."""

    def __init__(self, dir: Path, partitions: int = 1) -> None:  # noqa: A002 - the design's word
        """Open a DIR, or make one of so many partitions where there is none.

        Raises:
            JournalError: it is of a newer layout, has another number of partitions, or is something else.
        """
        self.dir = dir
        self.folder = dir / "journal"
        stated = dir / "format"
        if not stated.exists():
            _make(dir, self.folder, partitions)
        self.partitions = _format(stated)
        if self.partitions != partitions:
            raise JournalError(f"{dir} has {self.partitions} partitions, this run wants {partitions}; the number is fixed when a DIR is made")

    def commits(self, partition: int, after: int = -1) -> Iterator[Commit]:
        """Yield the records of a partition behind ``after``, in order."""
        seq = after + 1
        while (commit := self.commit(partition, seq)) is not None:
            yield commit
            seq += 1

    def commit(self, partition: int, seq: int) -> Commit | None:
        """Return one record, None where there is none.

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

    def holds(self, partition: int, seq: int, writer: str) -> bool:
        """Return whether a commit is part of this journal: not where it was put back from a backup and written on."""
        commit = self.commit(partition, seq) if seq >= 0 else None
        return seq < 0 or (commit is not None and commit.writer == writer)

    def append(self, commit: Commit) -> None:
        """Make a commit visible.

        Raises:
            JournalError: another writer has made a record of this number.
        """
        try:
            link_new(self._path(commit.partition, commit.seq), msgspec.json.encode(commit))
        except FileExistsError:
            raise JournalError(
                f"commit {commit.seq} of partition {commit.partition} was made by another process; this one has lost {self.dir}"
            ) from None

    def _path(self, partition: int, seq: int) -> Path:
        return self.folder / "log" / f"{partition}" / f"{seq:012}.json"


def _make(dir: Path, folder: Path, partitions: int) -> None:  # noqa: A002
    if dir.exists() and any(dir.iterdir()):
        known = {"run.lock"}
        strange = sorted(entry.name for entry in dir.iterdir() if entry.name not in known)
        if strange and not (folder / "log").exists():
            raise JournalError(f"{dir} is no Sojourn folder and not empty (it holds {strange[0]!r}); give an empty or a new folder")
    for partition in range(partitions):
        (folder / "log" / str(partition)).mkdir(parents=True, exist_ok=True)
    create_empty(folder)
    write_new(dir / "format", msgspec.json.encode({"layout": FORMAT, "partitions": partitions}))


def _format(stated: Path) -> int:
    try:
        found = msgspec.json.decode(stated.read_bytes(), type=dict[str, int])
        layout, partitions = found["layout"], found["partitions"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise JournalError(f"{stated} is not a Sojourn format file: {error}") from error
    if layout > FORMAT:
        raise JournalError(f"{stated.parent} has layout {layout}, this version reads up to {FORMAT}; use a newer sojourn")
    return partitions
