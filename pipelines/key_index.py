"""An index from the keys of events to the rows that hold them, for chains that are too long to be walked in search of a copy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]


class KeyIndex:
    """Sorted parts, each at least twice as long as the next: adding costs O(log n) a key, finding a binary search in each part.

    >>> index = KeyIndex()
    >>> index.add(np.array([7, 5], np.uint64), np.array([0, 1]))
    >>> index.find(np.array([5, 6], np.uint64)).tolist()
    [1]
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Keys, Places]] = []

    def add(self, keys: Keys, places: Places) -> None:
        """Add rows by their keys. A key may have several rows."""
        if len(keys):
            self._parts.append(_sorted(keys, places))
        while len(self._parts) > 1 and len(self._parts[-2][0]) < 2 * len(self._parts[-1][0]):
            last, before = self._parts.pop(), self._parts.pop()
            self._parts.append(_sorted(np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])))

    def find(self, keys: Keys) -> Places:
        """Return the places of all rows with any of these keys, sorted and distinct."""
        found = [np.empty(0, np.int64)]
        for held, places in self._parts:
            low, high = np.searchsorted(held, keys, "left"), np.searchsorted(held, keys, "right")
            found.append(places[spans(low, high)])
        return np.unique(np.concatenate(found))


def spans(first: Places, end: Places) -> Places:
    """Return the numbers of all half-open ranges, one after another.

    >>> spans(np.array([3, 9, 5]), np.array([5, 9, 6])).tolist()
    [3, 4, 5]
    """
    length = end - first
    return np.asarray(np.arange(int(length.sum())) + np.repeat(first - np.cumsum(length) + length, length))


def _sorted(keys: Keys, places: Places) -> tuple[Keys, Places]:
    order = np.argsort(keys, kind="stable")
    return keys[order], places[order]
