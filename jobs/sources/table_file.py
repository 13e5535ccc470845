"""Files of foreign rows as a source: a mapping makes touchpoints of them; positions are rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Mapping as Known
from dataclasses import dataclass, field
from pathlib import Path

from jobs.sources.fingerprint import HEAD, Fingerprint, digest, fresh_name
from jobs.sources.mapping import Mapping, mapping_for
from jobs.sources.rows import BATCH_ROWS, read_rows
from jobs.sources.source import WHOLE, Payloads, Size, Stopper
from schemas.errors import SourceError
from schemas.journal import SourceRange


@dataclass
class TableFile:
    """A CSV, Parquet or XES file with its mapping. A file that was changed is another source: it is read whole, and copies fall out."""

    path: Path
    mapping: Mapping | None = None
    _looks: Fingerprint | None = field(default=None, init=False, repr=False)  # when its reading began: changed meanwhile, it is read again

    rotated = False

    @property
    def title(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def seen(self) -> int:
        """Return the whole of it: a file that was changed is another source."""
        return WHOLE

    def find(self, known: Known[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Find it by mapping, size, time of change, first and last bytes, as they lie on the disk (design §8)."""
        looks, kind = self._look(), f"rows:{self._mapping()}:"
        for name, reached in known.items():
            if name.startswith(kind) and looks.is_of(reached):
                return name, reached
        return fresh_name(f"{kind}{digest(looks.head)}", known), None

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield the touchpoints of rows from there on."""
        self._looks = self._look()
        for batch in read_rows(self.path, self.mapping, start=start, batch_rows=min(BATCH_ROWS, size.rows)):
            yield Payloads(batch.lines, batch.lo, batch.hi)
            if stopper.stopped:
                return

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read."""
        return (self._looks or self._look()).range(self.path.name, lo, piece.hi, received_us)

    def _mapping(self) -> str:
        mapping = self.mapping or mapping_for(self.path)
        return f"{mapping.name}:{digest(mapping.text.encode())[:8]}"  # edited, it is another

    def _look(self) -> Fingerprint:
        """Look at both ends of it."""
        try:
            with self.path.open("rb") as file:
                head = file.read(HEAD)
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - HEAD))
                return Fingerprint(head, file.read(HEAD), size, os.fstat(file.fileno()).st_mtime_ns)
        except OSError as error:
            raise SourceError(f"cannot read {str(self.path)!r}: {error.strerror or error}") from error
