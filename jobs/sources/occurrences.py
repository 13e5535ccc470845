"""Which of its equals a row is: the k-th of the file, from 0. Needed because real logs hold rows that are equal in everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ranks = NDArray[np.int64]


def rank_among_equals(keys: NDArray[np.generic]) -> Ranks:
    """Return for each place how many earlier places hold the same key.

    >>> rank_among_equals(np.array([7, 5, 7, 7, 5])).tolist()
    [0, 0, 1, 2, 1]
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(keys) else np.empty(0, np.int64)
    sizes = np.diff(np.append(first, len(keys)))
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = np.arange(len(keys)) - np.repeat(first, sizes)
    return ranks


class Occurrences:
    """Counts equal hashes over a whole file, batch by batch, in 8 bytes a row.

    The hashes seen lie in a few sorted runs whose lengths grow about twofold, so that a batch costs a few binary searches and no row costs an object.
    """

    def __init__(self) -> None:
        self._runs: list[Hashes] = []

    def ranks(self, hashes: Hashes) -> Ranks:
        """Return for each hash how many equal ones came before it in the file, and remember the batch."""
        ranks = rank_among_equals(hashes)
        ordered, place = np.unique(hashes, return_inverse=True)
        before = np.zeros(len(ordered), np.int64)
        for run in self._runs:
            before += np.searchsorted(run, ordered, "right") - np.searchsorted(run, ordered, "left")
        self._remember(np.sort(hashes))
        return ranks + before[place]

    def _remember(self, run: Hashes) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        self._runs.append(run)
