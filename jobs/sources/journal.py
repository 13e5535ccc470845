"""A Sojourn DIR as a source: its facts as touchpoints again, and the bytes of its dead letters, in the order of its commits.

So a DIR is rebuilt with another map, and what was refused gets another chance. Positions are lines; the order is fixed, for records never change.
What differs from the first time is history (design §1): the journal is one feed, so an event counts as late against all that stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from jobs.journal.log import Journal
from jobs.journal.segment import read_segment
from jobs.sources.fingerprint import digest
from jobs.sources.source import WHOLE, Payloads, Size, Stopper
from pipelines.table import engine, query
from schemas.errors import JournalError
from schemas.journal import Commit, SourceRange

_FACTS = ("touchpoints", "operations")
_READ = (*_FACTS, "dead_letters")


def is_journal(path: Path) -> bool:
    """Say whether a folder is a Sojourn DIR."""
    return (path / "format").is_file() and (path / "journal" / "log").is_dir()


@dataclass
class JournalFacts:
    """The facts of a DIR that another run wrote. That run may go on: what it has committed is read."""

    dir: Path
    _con: duckdb.DuckDBPyConnection = field(default_factory=engine, repr=False)

    rotated = False

    @property
    def title(self) -> str:
        """The path as it was given."""
        return str(self.dir)

    def seen(self) -> int:
        """Return the whole of it: what was committed has its place for ever."""
        return WHOLE

    def find(self, known: Mapping[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Find it by its first commit record, which is never written again."""
        name = f"journal:{self._first()}"
        return name, known.get(name)

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield the lines of one commit after the other, in pieces."""
        at, journal = 0, Journal(self.dir, None)
        for partition in range(journal.partitions):
            for commit in journal.commits(partition):
                rows = sum(segment.rows for segment in commit.segments if segment.table in _READ)
                if rows and at + rows > start:
                    for piece in _pieces(self._lines(journal, commit), at, max(start, at), size):
                        yield piece
                        if stopper.stopped:
                            return
                at += rows

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read."""
        return SourceRange(lo=lo, hi=piece.hi, received_us=received_us, name=self.dir.name, head_md5=self._first())

    def _first(self) -> str:
        record = self.dir / "journal" / "log" / "0" / f"{0:012}.json"
        return digest(record.read_bytes()) if record.exists() else digest(b"")

    def _lines(self, journal: Journal, commit: Commit) -> list[bytes]:
        """Return the facts of a commit, then its dead letters."""
        try:
            tables = {segment.table: read_segment(journal.folder, segment) for segment in commit.segments if segment.table in _READ}
        except (OSError, pa.ArrowException) as error:
            raise JournalError(f"commit {commit.seq} can't be read ({error}); sojourn check {self.dir} says what else is wrong") from error
        dead = _bytes(tables["dead_letters"]["payload"]) if "dead_letters" in tables else []
        return [*self._facts([tables[name] for name in _FACTS if name in tables]), *dead]

    def _facts(self, tables: list[pa.Table]) -> list[bytes]:
        """Return touchpoints and operations as lines, as they came: each stands where the greatest time before it in its own table had come."""
        if not tables:
            return []
        reached = np.concatenate([np.maximum.accumulate(table["time_us"].to_numpy()) for table in tables])
        lines = query(self._con, "jobs/sources/facts.sql", facts=pa.concat_tables(tables))["line"].cast(pa.binary())
        return _bytes(lines.take(np.argsort(reached, kind="stable")))


def _bytes(column: pa.ChunkedArray[Any]) -> list[bytes]:
    return [value for value in column.to_pylist() if value is not None]


def _pieces(lines: list[bytes], at: int, start: int, size: Size) -> Iterator[Payloads]:
    """Cut the lines of a commit, which begin at ``at``, from ``start`` on."""
    place = start - at
    while place < len(lines):
        piece = lines[place : place + size.rows]
        yield Payloads(piece, at + place, at + place + len(piece))
        place += len(piece)
