"""Counts what was written: events, copies, late ones, by type and by channel."""

from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import Ints
from pipelines.simulate.faults import CONFLICT_BIT, COPY_BIT, HOUR_LATE_BIT, LATE_BIT
from pipelines.simulate.world import CHANNELS, TYPES

_KINDS = 64 * len(TYPES)


class Counts:
    """Adds up marks, block by block."""

    def __init__(self) -> None:
        self.events = self.copies = self.conflicting = self.late = self.late_by_an_hour = 0
        self._kinds = np.zeros(_KINDS, dtype=np.int64)

    def add(self, marks: Ints) -> None:
        """Count one block of lines."""
        self.events += len(marks)
        self.copies += int(np.count_nonzero(marks & COPY_BIT))
        self.conflicting += int(np.count_nonzero(marks & CONFLICT_BIT))
        self.late += int(np.count_nonzero(marks & LATE_BIT))
        self.late_by_an_hour += int(np.count_nonzero(marks & HOUR_LATE_BIT))
        self._kinds += np.bincount(marks[(marks & COPY_BIT) == 0] & (LATE_BIT - 1), minlength=_KINDS)

    @property
    def unique(self) -> int:
        """Lines without the copies: so many touchpoints and operations a reader must end up with."""
        return self.events - self.copies

    def rows(self) -> dict[str, object]:
        """Return all counts; types and channels count unique events."""
        kinds = self._kinds.reshape(len(TYPES), 64)
        names = ("events", "unique", "copies", "conflicting", "late", "late_by_an_hour")
        totals: dict[str, object] = {name: getattr(self, name) for name in names}
        types = {kind: int(count) for kind, count in zip(TYPES, kinds.sum(axis=1), strict=True) if count}
        channels = {name: int(count) for name, count in zip(CHANNELS, kinds.sum(axis=0), strict=False) if count}
        return {**totals, "types": types, "channels": channels}
