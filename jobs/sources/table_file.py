"""Files of foreign rows as a source: a mapping makes touchpoints of them; positions are rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping as Known
from dataclasses import dataclass
from pathlib import Path

from jobs.sources.jsonl import HEAD, digest, fresh_name
from jobs.sources.mapping import Mapping, mapping_for
from jobs.sources.rows import BATCH_ROWS, read_rows
from jobs.sources.source import WHOLE, Payloads, Size, Stopper
from schemas.journal import SourceRange


@dataclass
class TableFile:
    """A CSV, Parquet or XES file with its mapping. A file that was changed is another source: it is read whole, and copies fall out."""

    path: Path
    mapping: Mapping | None = None

    @property
    def title(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def seen(self) -> int:
        """Return the whole of it: a file that was changed is another source."""
        return WHOLE

    def find(self, known: Known[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Find it by mapping, size, time of change, first and last bytes, as they lie on the disk (design §8)."""
        head, tail, size = self._ends()
        looks = (digest(head), digest(tail), size, self.path.stat().st_mtime_ns)
        for name, reached in known.items():
            if name.startswith(f"rows:{self._mapping()}:") and (reached.head_md5, reached.tail_md5, reached.size, reached.mtime_ns) == looks:
                return name, reached
        return fresh_name(f"rows:{self._mapping()}:{digest(head)}", known), None

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield the touchpoints of rows from there on."""
        for batch in read_rows(self.path, self.mapping, start=start, batch_rows=min(BATCH_ROWS, size.rows)):
            yield Payloads(batch.lines, batch.lo, batch.hi)
            if stopper.stopped:
                return

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read."""
        head, tail, size = self._ends()
        return SourceRange(
            lo=lo,
            hi=piece.hi,
            received_us=received_us,
            name=self.path.name,
            head_size=len(head),
            head_md5=digest(head),
            tail_md5=digest(tail),
            size=size,
            mtime_ns=self.path.stat().st_mtime_ns,
        )

    def _mapping(self) -> str:
        mapping = self.mapping or mapping_for(self.path)
        return f"{mapping.name}:{digest(mapping.text.encode())[:8]}"  # edited, it is another

    def _ends(self) -> tuple[bytes, bytes, int]:
        with self.path.open("rb") as file:
            head = file.read(HEAD)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - HEAD))
            return head, file.read(HEAD), size
