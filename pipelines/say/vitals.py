"""The pipeline's own health, from figures that its loop has at hand: it is told like any breach, about the subject ``pipeline``."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from pipelines.estimate.intervals import wilson
from pipelines.say.conditions import Condition, Episode

MINUTE_US = 60_000_000
BEHIND_US = 15 * MINUTE_US
"""So far behind its time (now − lateness), and for so long, the pipeline may be."""
STALE_US = 15 * MINUTE_US
"""So old a snapshot may be while there is something that it does not show."""
WINDOW_US = 10 * MINUTE_US
"""The share of dead letters is that of the last minutes …"""
DEAD_PERCENT, LEAST = 5, 20
"""… and unusual where surely (99 %) more than one in so many is one, and they are as many as this."""
_LEVEL = 0.98  # two-sided, so that its lower bound holds in 99 of 100

BEHIND, DEAD_LETTERS, STALE = "pipeline_behind", "dead_letters_many", "mart_stale"


@dataclass(frozen=True)
class Vitals:
    """What a loop knows of itself at an instant (µs, the clock).

    Attributes:
        time_us: What time the pipeline believes it is: ``as_of`` and lateness; None before the first event.
        read, dead_letters: Counted so far.
        published_us: When the newest snapshot was made; None before the first.
        fresh: Something is folded that no snapshot shows.
    """

    now_us: int
    time_us: int | None
    read: int
    dead_letters: int
    published_us: int | None
    fresh: bool


@dataclass
class Watch:
    """Looks at the vitals of one loop again and again, and says what is wrong. Instants come with the vitals; it has no clock."""

    _behind_us: int | None = None  # since when it is behind
    _seen: deque[tuple[int, int, int]] = field(default_factory=deque)  # instant, read, dead letters

    def look(self, vitals: Vitals, told: Collection[Episode]) -> list[Condition]:
        """Return what is wrong now.

        Args:
            vitals: Never older than those of the last look.
            told: What was told and is not over: of that the end is asked for, not once more whether it lasts.
        """
        found = [self._behind(vitals, told), self._dead_letters(vitals), self._stale(vitals)]
        return [condition for condition in found if condition is not None]

    def _behind(self, vitals: Vitals, told: Collection[Episode]) -> Condition | None:
        late_us = 0 if vitals.time_us is None else vitals.now_us - vitals.time_us
        if late_us <= BEHIND_US:
            self._behind_us = None
            return None
        self._behind_us = vitals.now_us if self._behind_us is None else self._behind_us
        if vitals.now_us - self._behind_us < BEHIND_US and (BEHIND, BEHIND) not in told:
            return None  # who begins with history is behind for a while
        return _condition(BEHIND, self._behind_us, late_us // 1000, BEHIND_US // 1000, "ms")

    def _dead_letters(self, vitals: Vitals) -> Condition | None:
        self._seen.append((vitals.now_us, vitals.read, vitals.dead_letters))
        while len(self._seen) > 2 and self._seen[1][0] <= vitals.now_us - WINDOW_US:
            self._seen.popleft()
        since_us, read, dead = self._seen[0]
        read, dead = vitals.read - read, vitals.dead_letters - dead
        if dead < LEAST or float(wilson(min(dead, read), read, _LEVEL)[0]) * 100 <= DEAD_PERCENT:
            return None
        return _condition(DEAD_LETTERS, since_us, dead, read * DEAD_PERCENT // 100, "count")

    def _stale(self, vitals: Vitals) -> Condition | None:
        if vitals.published_us is None or not vitals.fresh or vitals.now_us - vitals.published_us <= STALE_US:
            return None
        age_us = vitals.now_us - vitals.published_us
        return _condition(STALE, vitals.published_us + STALE_US, age_us // 1000, STALE_US // 1000, "ms")


def _condition(name: str, since_us: int, value: int, threshold: int, unit: str) -> Condition:
    return Condition(name, "pipeline", name, since_us, value, threshold, unit)
