"""Every draw of the simulator: by hour of the day, within a bound, and of a journey's way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""All times and durations of the simulator are whole milliseconds."""

_HOURS = {  # relative weight of each hour of the day, UTC
    "web": (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 10, 9, 9, 9, 10, 11, 13, 15, 16, 14, 9, 4),
    "office": (0, 0, 0, 0, 0, 0, 1, 4, 10, 14, 15, 13, 10, 11, 12, 11, 9, 6, 3, 1, 1, 0, 0, 0),
    "shop": (0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 9, 11, 12, 11, 10, 10, 12, 14, 13, 8, 3, 0, 0, 0),
}
_EDGES = {name: np.cumsum((0, *weights)) / sum(weights) for name, weights in _HOURS.items()}
WEEKDAY = (1.12, 1.06, 1.03, 1.02, 1.05, 0.92, 0.80)
"""Weight of a day, Monday first."""


class Chance:
    """One day's random numbers. `shown` lives longer than a day: it remembers which ways a small log has seen already."""

    def __init__(self, rng: np.random.Generator, shown: dict[str, int]) -> None:
        self.rng = rng
        self._shown = shown

    def choose(self, name: str, ways: Mapping[str, float], n: int, *, show: bool = True) -> Texts:
        """Draw one way for each of n journeys; where `show`, the first journeys of a kind go every possible way once, in the order given."""
        names = [way for way, weight in ways.items() if weight > 0]
        weights = np.array([ways[way] for way in names])
        drawn = np.searchsorted(np.cumsum(weights / weights.sum())[:-1], self.rng.random(n), side="right")
        seen = self._shown.get(name, 0)
        forced = min(n, max(0, len(names) - seen)) if show else 0
        drawn[:forced] = np.arange(seen, seen + forced)
        self._shown[name] = seen + forced
        return np.array(names, dtype=object)[drawn]

    def happens(self, share: float, n: int) -> Flags:
        """Toss n independent coins; `share` is between 0 and 1."""
        return self.rng.random(n) < share

    def moment(self, profile: str, n: int) -> Ints:
        """Draw n times of the day (ms since midnight) that follow the rhythm `web`, `office` or `shop`."""
        edges = _EDGES[profile]
        hours: NDArray[np.float64] = np.interp(self.rng.random(n), edges, np.arange(25))
        return (hours * HOUR).astype(np.int64)

    def ordinary(self, median: int, ceiling: int, n: int) -> Ints:
        """Draw n durations (ms): lognormal about the median, and never above the ceiling."""
        drawn: NDArray[np.float64] = np.minimum(median * np.exp(self.rng.normal(0, 0.6, n)), ceiling * (1 - 0.1 * self.rng.random(n)))
        return drawn.astype(np.int64) + 1

    def between(self, low: int, high: int, n: int) -> Ints:
        """Draw n whole numbers from low (included) to high (not included), all equally likely."""
        return self.rng.integers(low, high, n)

    def pick(self, options: Texts, n: int) -> Texts:
        """Draw n of the options with replacement."""
        return options[self.rng.integers(0, len(options), n)]
