"""When the mart folds and when it publishes: the one rule of every process that keeps a mart."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

FOLD_S, FOLD_ROWS = 0.5, 500_000
"""What was committed is folded after so many seconds or rows; while history is read, the seconds count only where a snapshot may follow."""
QUIET_S = 60.0
"""Where time goes on and nothing else, a snapshot says so this often (seconds)."""
SHARE, BACKFILL_SHARE = 10, 50
"""Publishing takes at most one part in so many of the time, while sources are live and while history is read, …"""
ALLOWANCE_S = 0.5
"""… and while sources are live this much (seconds) beside it, so that the first snapshots and what comes after a silence don't wait."""
PATIENCE_S = 30.0
"""History that is read in less time (seconds) is published when all is read: until then its snapshots would be of old times, and each costs."""


@dataclass
class Rhythm:
    """The rhythm of one mart. Instants are seconds of one clock that never goes back.

    Attributes:
        live: Sources are live; else history is read, and folds that are rare and large cost least.
        begun_at: When the process began.
        fresh: Something is folded that no snapshot shows.
    """

    live: bool
    begun_at: float = field(default_factory=time.monotonic)
    fresh: bool = True
    _folded_at: float = field(init=False)
    _published_at: float | None = None
    _published_s: float = 0.0  # what publishing has taken so far

    def __post_init__(self) -> None:
        """Begin as if just folded."""
        self._folded_at = self.begun_at

    def folds(self, rows: int, now: float) -> bool:
        """Whether to fold, with so many rows waiting."""
        return rows >= FOLD_ROWS or (now - self._folded_at >= FOLD_S and (self.live or self.affords(now)))

    def affords(self, now: float) -> bool:
        """Whether another publication keeps to its share of the time."""
        passed = now - self.begun_at
        return self._published_s <= (ALLOWANCE_S + passed / SHARE if self.live else (passed - PATIENCE_S) / BACKFILL_SHARE)

    def publishes(self, now: float) -> bool:
        """Whether to publish what is folded."""
        return self.fresh and self.affords(now)

    def folded(self, now: float, *, told: bool) -> None:
        """Note a fold, and whether it told more than that time went on: for a tick alone nobody waits."""
        self._folded_at = now
        self.fresh = self.fresh or told or self._published_at is None or now - self._published_at >= QUIET_S

    def published(self, begun_at: float, now: float) -> None:
        """Note a publication that began and ended then."""
        self._published_at, self._published_s, self.fresh = now, self._published_s + now - begun_at, False
