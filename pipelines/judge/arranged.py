"""Arranged: places of rows in some order, found by sorting plain numbers; most rows lie in their order already."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.order import starts_of

Places = NDArray[np.int64]
_ROOM = 62  # bits


def by_group(group: NDArray[np.integer[Any]]) -> Places:
    """Return the places of rows group by group (numbers from 0), each in the order given.

    >>> by_group(np.array([5, 3, 5, 3])).tolist()
    [1, 3, 0, 2]
    """
    bits = len(group).bit_length()
    if len(group) and int(group.max()).bit_length() + bits > _ROOM:
        return np.argsort(group, kind="stable")
    return np.sort(group.astype(np.int64) << bits | np.arange(len(group))) & ((1 << bits) - 1)


def by_time(group: NDArray[np.integer[Any]], time: NDArray[np.int64]) -> Places:
    """Return the places of rows group by group in order of time, of equal ones the first first.

    >>> by_time(np.array([5, 3, 5, 3]), np.array([9, 1, 2, 1])).tolist()
    [1, 3, 2, 0]
    """
    order = by_group(group)
    group, time = group[order], time[order]
    wrong = (group[1:] == group[:-1]) & (time[1:] < time[:-1])
    if wrong.any():
        number = np.cumsum(starts_of(group))
        mixed = np.zeros(number[-1] + 1, bool)
        mixed[number[1:][wrong]] = True
        mine = np.flatnonzero(mixed[number])
        order[mine] = order[mine[np.lexsort((time[mine], number[mine]))]]
    return order
