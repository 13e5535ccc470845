"""The ledger: what was said last about each key, and when something is to be said next without any event."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Places = NDArray[np.int64]
Entries = NDArray[np.void]

NONE, OPENED, RESOLVED, RETRACTED, UNKNOWN = range(5)
"""Where the alert of a key stands. ``updated`` is said of one that stays open."""
NEVER = np.iinfo(np.int64).max
"""An instant that does not come: of an interval without an end, or of a key about which nothing falls due."""

ENTRY = np.dtype(
    [
        ("key", np.uint64),
        ("state", np.uint8),
        ("told", np.uint8),  # the state that was sent last; NONE where all was only recorded
        ("level", np.uint8),  # of severity
        ("fresh", np.bool_),  # it became unknown while it was news: it still is when its feed is heard again
        ("since_us", np.int64),
        ("until_us", np.int64),
        ("seq", np.int64),  # of the last row that said something; -1 where none did
        ("due_us", np.int64),
    ]
)


def blank(keys: Keys) -> Entries:
    """Return entries of keys about which nothing was said."""
    entries = np.zeros(len(keys), ENTRY)
    entries["key"], entries["since_us"], entries["until_us"], entries["seq"], entries["due_us"] = keys, NEVER, NEVER, -1, NEVER
    return entries


class Ledger:
    """Entries by key: finding one is a binary search in each of O(log n) sorted parts, about 45 bytes a key.

    >>> ledger = Ledger()
    >>> ledger.put(blank(np.array([7, 5], np.uint64)))
    >>> ledger.of(np.array([5, 6], np.uint64))["seq"].tolist(), len(ledger)
    ([-1, -1], 2)
    """

    def __init__(self) -> None:
        self._entries = np.zeros(0, ENTRY)
        self._size = 0
        self._parts: list[tuple[Keys, Places]] = []

    def __len__(self) -> int:
        return self._size

    @property
    def entries(self) -> Entries:
        """All entries, in the order in which their keys came."""
        return self._entries[: self._size]

    def of(self, keys: Keys) -> Entries:
        """Return the entries of these keys, in their order; blank where nothing was said."""
        found, entries = self._find(keys), blank(keys)
        entries[found >= 0] = self._entries[found[found >= 0]]
        return entries

    def put(self, entries: Entries) -> None:
        """Put entries in the place of those with the same keys. Each key once."""
        places = self._find(entries["key"])
        new = np.flatnonzero(places < 0)
        if len(new):
            places[new] = np.arange(self._size, self._size + len(new))
            self._add(entries["key"][new], places[new])
        self._entries[places] = entries

    def due(self, as_of_us: int) -> Keys:
        """Return the keys about which something has fallen due."""
        return np.asarray(self.entries["key"][self.entries["due_us"] <= as_of_us])

    def standing(self, state: int) -> Keys:
        """Return the keys that stand in a state."""
        return np.asarray(self.entries["key"][self.entries["state"] == state])

    def _find(self, keys: Keys) -> Places:
        found = np.full(len(keys), -1, np.int64)
        for held, places in self._parts:
            at = np.minimum(np.searchsorted(held, keys), len(held) - 1)
            here = held[at] == keys
            found[here] = places[at[here]]
        return found

    def _add(self, keys: Keys, places: Places) -> None:
        self._size += len(keys)
        if self._size > len(self._entries):
            self._entries = np.concatenate([self._entries, np.zeros(max(1024, self._size, len(self._entries) // 2), ENTRY)])
        self._parts.append(_sorted(keys, places))
        while len(self._parts) > 1 and len(self._parts[-2][0]) < 2 * len(self._parts[-1][0]):
            last, before = self._parts.pop(), self._parts.pop()
            self._parts.append(_sorted(np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])))


def _sorted(keys: NDArray[Any], places: Places) -> tuple[Keys, Places]:
    order = np.argsort(keys, kind="stable")
    return keys[order], places[order]
