"""A Sojourn DIR as a source: its facts as touchpoints again, and the bytes of its dead letters, in the order of its commits.

So a DIR is rebuilt with another map, and what was refused gets another chance. Positions are lines, in an order that only compaction changes:
then the DIR counts as another source and is read from the beginning, where all that was read before falls out as duplicates.
What differs from the first time is history (design §1): the journal is one feed, so an event counts as late against all that stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.journal.segment import read_segment
from jobs.sources.fingerprint import digest
from jobs.sources.source import WHOLE, Payloads, Size, Stopper
from pipelines.table import engine, query
from schemas.errors import JournalError
from schemas.journal import Base, Segment, SourceRange

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
        """Find it by its first commit record and its base records: as long as they are the same, so is the order of its lines."""
        name = f"journal:{self._first()}"
        return name, known.get(name)

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield the lines of one commit after the other, in pieces."""
        at, journal = 0, Journal(self.dir, None)
        with reading(self.dir):
            for segments, compacted in _together(journal):
                rows = sum(segment.rows for segment in segments)
                if rows and at + rows > start:
                    for piece in _pieces(self._lines(journal, segments, compacted), at, max(start, at), size):
                        yield piece
                        if stopper.stopped:
                            return
                at += rows

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read."""
        return SourceRange(lo=lo, hi=piece.hi, received_us=received_us, name=self.dir.name, head_md5=self._first())

    def _first(self) -> str:
        journal = Journal(self.dir, None)
        bases = [one.path.read_bytes() for number in range(journal.partitions) for one in journal.bases.generations(number)[-1:]]
        record = self.dir / "journal" / "log" / "0" / f"{0:012}.json"
        return digest(b"".join(bases) if bases else record.read_bytes() if record.exists() else b"")

    def _lines(self, journal: Journal, segments: Sequence[Segment], compacted: bool) -> list[bytes]:
        """Return the facts of some segments, then the dead letters."""
        try:
            tables = {segment.table: read_segment(journal.folder, segment) for segment in segments}
        except (OSError, pa.ArrowException) as error:
            raise JournalError(f"{segments[0].file} can't be read ({error}); sojourn check {self.dir} says what else is wrong") from error
        dead = _bytes(tables["dead_letters"]["payload"]) if "dead_letters" in tables else []
        return [*self._facts([tables[name] for name in _FACTS if name in tables], compacted), *dead]

    def _facts(self, tables: list[pa.Table], compacted: bool) -> list[bytes]:
        """Return touchpoints and operations as lines, as they came: each stands where the greatest time before it in its own table had come.

        Compacted ones lie by customer, and stand by their times.
        """
        if not tables:
            return []
        times = [table["time_us"].to_numpy() for table in tables]
        reached = np.concatenate(times if compacted else [np.maximum.accumulate(time) for time in times])
        lines = query(self._con, "jobs/sources/facts.sql", facts=pa.concat_tables(tables))["line"].cast(pa.binary())
        return _bytes(lines.take(np.argsort(reached, kind="stable")))


def _together(journal: Journal) -> Iterator[tuple[list[Segment], bool]]:
    """Yield the segments whose lines are read together, and whether they are compacted: those of a commit; each by itself of a base record."""
    for partition in range(journal.partitions):
        for commit in journal.commits(partition):
            read = [segment for segment in commit.segments if segment.table in _READ]
            yield from (([segment], True) for segment in read) if isinstance(commit, Base) else [(read, False)]


def _bytes(column: pa.ChunkedArray[Any]) -> list[bytes]:
    return [value for value in column.to_pylist() if value is not None]


def _pieces(lines: list[bytes], at: int, start: int, size: Size) -> Iterator[Payloads]:
    """Cut the lines of a commit, which begin at ``at``, from ``start`` on."""
    place = start - at
    while place < len(lines):
        piece = lines[place : place + size.rows]
        yield Payloads(piece, at + place, at + place + len(piece))
        place += len(piece)
