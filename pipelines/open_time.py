"""Open time: the intervals in which a calendar is open, and business time measured over them.

Instants are µs since 1970, UTC; all sums are whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Instants = npt.NDArray[np.int64]

NEVER = int(np.iinfo(np.int64).max)
"""Stands for an instant that does not come while the calendar is known."""
_LONG_AGO = -(1 << 62)


@dataclass(frozen=True, eq=False)
class OpenTime:
    """When a calendar is open: intervals in order, apart from each other, half open. The first is an empty one long ago.

    Attributes:
        opens: Their beginnings.
        closes: Their ends.
        before: The open time before each of them (µs).
    """

    opens: Instants
    closes: Instants
    before: Instants

    @classmethod
    def of(cls, opens: npt.ArrayLike, closes: npt.ArrayLike) -> OpenTime:
        """Take intervals in any order, none of which overlaps another; those that touch become one.

        >>> OpenTime.of([20, 0], [30, 20]).opens.tolist()[1:]
        [0]
        """
        begun, ended = np.asarray(opens, np.int64), np.asarray(closes, np.int64)
        order = np.argsort(begun, kind="stable")
        begun, ended = begun[order], ended[order]
        apart = np.append(begun[1:] != ended[:-1], True) if len(begun) else np.empty(0, bool)
        first = np.append(_LONG_AGO, begun[np.r_[True, apart[:-1]]] if len(begun) else begun)
        last = np.append(_LONG_AGO, ended[apart])
        return cls(first, last, np.append(0, np.cumsum(last - first)[:-1]))

    def clock(self, at_us: npt.ArrayLike) -> Instants:
        """Return how long the calendar has been open up to each instant since it is known (µs): a clock that stands still while it is closed."""
        at = np.asarray(at_us, np.int64)
        place = np.searchsorted(self.opens, at, side="right") - 1
        return np.asarray(self.before[place] + np.minimum(at, self.closes[place]) - self.opens[place], np.int64)

    def between(self, start_us: npt.ArrayLike, end_us: npt.ArrayLike) -> Instants:
        """Return the open time from each start to its end (µs).

        Raises:
            ValueError: an end lies before its start.

        >>> OpenTime.of([0, 100], [10, 200]).between([5, 5], [50, 110]).tolist()
        [5, 15]
        """
        start, end = np.asarray(start_us, np.int64), np.asarray(end_us, np.int64)
        if (end < start).any():
            raise ValueError("an interval of time ends before it begins")
        return np.asarray(self.clock(end) - self.clock(start), np.int64)

    def after(self, start_us: npt.ArrayLike, spent_us: npt.ArrayLike) -> Instants:
        """Return the first instant at which so much open time has passed since each start; `NEVER` where it does not while the calendar is known.

        Args:
            start_us: From when on.
            spent_us: The open time, not below 0; after none it is the start itself.

        >>> OpenTime.of([0, 100], [10, 200]).after([5, 50, 5], [5, 5, 1000]).tolist() == [10, 105, NEVER]
        True
        """
        start, spent = np.broadcast_arrays(np.asarray(start_us, np.int64), np.asarray(spent_us, np.int64))
        target = self.clock(start) + spent
        place = np.maximum(np.searchsorted(self.before, target, side="left") - 1, 0)
        found = self.opens[place] + target - self.before[place]
        return np.where(spent <= 0, start, np.where(found > self.closes[-1], NEVER, found))
