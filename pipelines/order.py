"""The total order of events and the copies in it (design §4): equal events lie side by side, of copies that differ the smallest content wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ordered:
    """What became of some rows.

    Attributes:
        order: Places of the winners, chain by chain, in total order (time, sequence, key).
        copy: For each row, whether an equal row stood before it (key and content the same).
        first: For each row, whether it is the first of its key in the order given.
        disputed: For each row, whether its key has rows of different content.
    """

    order: NDArray[np.int64]
    copy: NDArray[np.bool_]
    first: NDArray[np.bool_]
    disputed: NDArray[np.bool_]


def starts_of(group: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Return which elements differ from the one before them; the first does."""
    start = np.ones(len(group), bool)
    start[1:] = group[1:] != group[:-1]
    return start


def ordered(rows: NDArray[np.void]) -> Ordered:
    """Order rows (records of ``ROW``; of equal ones the first counts) and find the copies among them."""
    size = len(rows)
    copy, first, disputed, loser = np.zeros(size, bool), np.ones(size, bool), np.zeros(size, bool), np.zeros(size, bool)
    order, tied = _by_time(rows["chain"], rows["time"])
    if len(tied):
        _judge_copies(rows, order[tied], copy, first, disputed, loser)
        _untie(order, tied, rows["chain"], rows["time"], rows["sequence"], rows["key"])
        order = order[~loser[order]]
    return Ordered(order, copy, first, disputed)


def by_group(group: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the places of small numbers (0 to below 2³¹) in their order, of equal ones the first first: numbers and places are sorted as one number.

    >>> by_group(np.array([7, 2, 7, 0])).tolist()
    [3, 1, 0, 2]
    """
    bits = len(group).bit_length()
    return np.sort(group.astype(np.int64) << bits | np.arange(len(group))) & ((1 << bits) - 1)


def by_group_and_time(group: NDArray[np.integer[Any]], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of rows in the order of group and time, of equal ones the first first."""
    order = np.argsort(time, kind="stable")
    return order[by_group(group[order])]


def total_order(group: NDArray[np.integer[Any]], time: NDArray[np.int64], sequence: NDArray[np.int64], key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the places of events group by group, in total order."""
    order, tied = _by_time(group, time)
    _untie(order, tied, group, time, sequence, key)
    return order


def _by_time(group: NDArray[np.integer[Any]], time: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order by group and time, and the places in it that ties leave open."""
    order = np.argsort(time)
    order = order[by_group(group[order])]
    return order, np.flatnonzero(_tied(group[order], time[order]))


def _untie(
    order: NDArray[np.int64],
    tied: NDArray[np.int64],
    group: NDArray[np.integer[Any]],
    time: NDArray[np.int64],
    sequence: NDArray[np.int64],
    key: NDArray[np.uint64],
) -> None:
    if len(tied):
        members = order[tied]
        order[tied] = members[np.lexsort((key[members], sequence[members], time[members], group[members]))]


def _tied(chain: NDArray[np.integer[Any]], time: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows share chain and time with a neighbour."""
    equal = (chain[1:] == chain[:-1]) & (time[1:] == time[:-1])
    tied = np.zeros(len(chain), bool)
    tied[1:] |= equal
    tied[:-1] |= equal
    return tied


def _judge_copies(
    rows: NDArray[np.void],
    members: NDArray[np.int64],
    copy: NDArray[np.bool_],
    first: NDArray[np.bool_],
    disputed: NDArray[np.bool_],
    loser: NDArray[np.bool_],
) -> None:
    """Mark, among rows of equal chain and time, the copies, those that came after the first of their key, the losers, and the keys in dispute."""
    members = np.sort(members)  # in the order given, so that a stable sort keeps it among equals
    order = members[np.lexsort((rows["content"][members], rows["key"][members], rows["chain"][members]))]
    new_key = starts_of(rows["key"][order]) | starts_of(rows["chain"][order])
    new_content = starts_of(rows["content"][order]) | new_key
    copy[order] = ~new_content
    loser[order] = ~new_key
    key = np.cumsum(new_key) - 1
    earliest = np.minimum.reduceat(order, np.flatnonzero(new_key))
    first[order] = order == earliest[key]
    disputed[order] = (np.bincount(key, new_content) > 1)[key]
