"""How grave an alert is: the excess harm so far, in minutes that one person waits beyond what is tolerable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from pipelines.say.ledger import NEVER
from schemas.duration import MILLISECOND
from schemas.map_check import complete
from schemas.map_file import SeverityTable

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]

LEVELS = ("info", "warning", "high", "critical")
"""By level, 0 to 3."""
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Harm:
    """What makes up the harm of some intervals, one element each: (lasting + counted) × people × weight.

    Attributes:
        counted_ms: What the values beyond the threshold of a rule that counts weigh; 0 for others.
        people: How many wait, at least 1.
        weight: Product of the weights of rule, priorities, and revenue at risk.
    """

    counted_ms: Numbers
    people: Numbers
    weight: Weights

    def minutes(self, since_us: Numbers, end_us: Numbers) -> Numbers:
        """Return the harm done from ``since_us`` to ``end_us``, in minutes."""
        lasting_ms = np.maximum(end_us - since_us, 0) // 1000
        return np.asarray(np.floor((lasting_ms + self.counted_ms) * self._rate / _MINUTE_MS), np.int64)

    def reaches(self, since_us: Numbers, minutes: Numbers) -> Numbers:
        """Return when an interval that goes on has done so much harm (µs); `NEVER` where it never will."""
        with np.errstate(divide="ignore", invalid="ignore"):
            after_ms = np.ceil(minutes * _MINUTE_MS / self._rate) - self.counted_ms
        lasting = np.isfinite(after_ms) & (after_ms < _ERA_MS)
        return np.where(lasting, since_us + np.where(lasting, np.maximum(after_ms, 0), 0).astype(np.int64) * 1000, NEVER)

    @property
    def _rate(self) -> Weights:
        return np.asarray(self.people * self.weight, np.float64)


_ERA_MS = 10_000 * 366 * 86_400_000
"""What lies further ahead than this doesn't happen, and would not fit an instant."""


@dataclass(frozen=True)
class Scale:
    """From which harm on an alert has the levels 1, 2 and 3, in minutes."""

    steps: tuple[int, int, int]

    @classmethod
    def of(cls, table: SeverityTable) -> Scale:
        """Take the scale of a journey map."""
        return cls((minutes(complete(table.warning)), minutes(complete(table.high)), minutes(complete(table.critical))))

    def level(self, harm: Numbers) -> NDArray[np.uint8]:
        """Return the level of each harm."""
        return np.searchsorted(np.array(self.steps), harm, "right").astype(np.uint8)

    def next_step(self, level: NDArray[np.uint8]) -> Numbers:
        """Return the harm at which each level ends; beyond any for the last."""
        return np.array([*self.steps, np.iinfo(np.int32).max])[level]


def minutes(span: timedelta) -> int:
    """Return whole minutes, at least 1."""
    return max(1, span // MILLISECOND // _MINUTE_MS)
