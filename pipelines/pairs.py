"""Pairs: what opens and what closes it, first in first out, for all journeys of a batch at once."""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


def first_in_first_out(group: Places, opens: Flags, closes: Flags) -> Places:
    """Return for each row the row whose opening it closes, or -1.

    Rows come in total order inside their group; a row closes before it opens. A closing with nothing open is ignored.

    >>> o, c = np.array([True, True, False, False, False]), np.array([False, False, True, True, True])
    >>> first_in_first_out(np.zeros(5, np.int64), o, c).tolist()
    [-1, -1, 0, 1, -1]
    """
    row = np.concatenate([np.flatnonzero(closes), np.flatnonzero(opens)])
    opening = np.repeat([False, True], [closes.sum(), opens.sum()])
    order = np.lexsort((opening, row, group[row]))
    row, opening = row[order], opening[order]
    first = _starts(group[row])
    valid = opening | ~_ignored(opening, first)
    opened, closed = _rank(opening, first), _rank(~opening & valid, first)
    return _matched(len(group), row, opening, valid, first, opened, closed)


def _starts(group: Places) -> Places:
    """Return for each row the place of its group's first row."""
    new = np.r_[True, group[1:] != group[:-1]] if len(group) else np.empty(0, bool)
    return np.maximum.accumulate(np.where(new, np.arange(len(group)), 0))


def _rank(chosen: Flags, first: Places) -> Places:
    """Return how many of the chosen came in the group up to and including each row."""
    total = np.cumsum(chosen)
    return np.asarray(total - (total - chosen)[first] if len(total) else total)


def _ignored(opening: Flags, first: Places) -> Flags:
    """Return which closings find nothing open: those at which the balance falls to a new low below zero."""
    step = np.where(opening, 1, -1)
    total = np.cumsum(step)
    balance = total - (total - step)[first] if len(total) else total
    depth = -first * (2 * len(step) + 2)  # later groups lie lower, so that a running minimum starts anew in each
    low = np.minimum.accumulate(np.minimum(balance, 0) + depth) - depth
    before: Places = np.append(np.int64(0), low)[:-1]
    before[first == np.arange(len(first))] = 0
    return ~opening & (low < before)


def _matched(size: int, row: Places, opening: Flags, valid: Flags, first: Places, opened: Places, closed: Places) -> Places:
    """Marry the k-th valid closing of a group with its k-th opening."""
    answer = np.full(size, -1, np.int64)
    openers = np.flatnonzero(opening)
    before: Places = np.cumsum(opening) - opening  # openings in all earlier groups, read at a group's first row
    closer = np.flatnonzero(~opening & valid)
    if len(closer):
        answer[row[closer]] = row[openers[before[first[closer]] + closed[closer] - 1]]
    return answer


def still_open(opens: Flags, opener: Places) -> Flags:
    """Return which openings no row closes. ``opener``: for each row what it closes, or -1."""
    unclosed = opens.copy()
    unclosed[opener[opener >= 0]] = False
    return unclosed


def one_by_one(group: Places, key: NDArray[np.uint64], channel: NDArray[np.int32] | None, opens: Flags, closes: Flags) -> Places:
    """Return the same where keys may be absent (0).

    A closing takes the first open one of its own key, else, where either lacks the key, the latest of its channel, or the first of all where no
    channels are given.
    """
    other, places = (_last_left, channel) if channel is not None else (_first_left, np.zeros(len(group), np.int32))
    answer = np.full(len(group), -1, np.int64)
    taken = [False] * len(group)
    by_key: defaultdict[tuple[int, int], deque[int]] = defaultdict(deque)
    keyless: defaultdict[tuple[int, int], deque[int]] = defaultdict(deque)
    by_channel: defaultdict[tuple[int, int], deque[int]] = defaultdict(deque)
    rows = zip(group.tolist(), key.tolist(), places.tolist(), opens.tolist(), closes.tolist(), strict=True)
    for at, (where, name, place, opening, closing) in enumerate(rows):
        if closing:
            found = _first_left(by_key[where, name], taken) if name else -1
            if found < 0:
                found = other((keyless if name else by_channel)[where, place], taken)
            if found >= 0:
                answer[at], taken[found] = found, True
        if opening:
            (by_key[where, name] if name else keyless[where, place]).append(at)
            by_channel[where, place].append(at)
    return answer


def _first_left(waiting: deque[int], taken: list[bool]) -> int:
    """Take the first that is not taken yet; -1 if there is none."""
    while waiting:
        found = waiting.popleft()
        if not taken[found]:
            return found
    return -1


def _last_left(waiting: deque[int], taken: list[bool]) -> int:
    while waiting:
        found = waiting.pop()
        if not taken[found]:
            return found
    return -1
