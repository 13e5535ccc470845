"""Islands: a customer's events of a rule that follow each other within its window. What changed touches islands, and each is judged whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.judge.rule import Rule
from pipelines.order import starts_of

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
MOST = 2000
"""An island of more events is a shared id or a machine: it has no intervals."""


@dataclass(frozen=True)
class Islands:
    """What a rule is to judge.

    Attributes:
        rows: Places in the pool of the events of the touched islands that can have intervals, island by island.
        unit: The island of each, from 0.
        group: What each touched range is of, ascending: customer and what keeps events apart, as one number.
        low, high: The touched ranges (µs), those of a group apart and one after another: all that was opened in one is judged anew.
        lost: (group, time) of events that are seen no more: what was opened by one is judged anew as well.
    """

    rows: Places
    unit: Places
    group: Places
    low: Places
    high: Places
    lost: tuple[Places, Places]


def islands(
    rule: Rule,
    rows: Places,
    group: Places,
    time: Places,
    roles: NDArray[np.uint64],
    changed: Flags,
    lost: tuple[Places, Places],
    most: int = MOST,
) -> Islands:
    """Find the islands of a rule that what changed lies in or near to.

    Args:
        rule: The rule.
        rows: Places in the pool of the events that it sees, group by group in total order.
        group: Of each: customer, and what keeps events apart.
        time: Of each (µs).
        roles: Of each, as bits.
        changed: Which of them are new or differ from what they were.
        lost: (group, time) of events that the rule may have seen and sees no more.
        most: Events of the largest island that is judged.
    """
    start = starts_of(group)
    start[1:] |= np.diff(time) > rule.window_us
    first = np.flatnonzero(start)
    count = np.diff(np.append(first, len(rows)))
    touched = np.logical_or.reduceat(changed, first) if len(first) else np.empty(0, bool)
    owner, low, high = group[first], time[first], time[first + count - 1]
    for whose, when in zip(*(each.tolist() for each in lost), strict=True):  # rare: a copy that counts took another's place
        touched |= (owner == whose) & (low - rule.window_us <= when) & (when <= high + rule.window_us)
    fits = touched & (count <= most)
    if rule.opens and len(first):
        together = np.bitwise_or.reduceat(roles, first)
        for bits in rule.opens:
            fits &= together & np.uint64(bits) != 0
    mine = np.repeat(fits, count)
    unit = np.repeat(np.arange(np.count_nonzero(fits)), count[fits])
    return Islands(rows[mine], unit, owner[touched], low[touched], high[touched], lost)


def inside(islands_: Islands, group: Places, time: Places) -> Flags:
    """Return which instants of groups lie in a touched range."""
    owner, high = islands_.group, islands_.high
    found = np.zeros(len(group), bool)
    if len(owner):
        at = _last_begun(owner, islands_.low, group, time)
        found = (at >= 0) & (owner[at] == group) & (high[at] >= time)
    for whose, when in zip(*(each.tolist() for each in islands_.lost), strict=True):
        found |= (group == whose) & (time == when)
    return found


def _last_begun(owner: Places, low: Places, group: Places, time: Places) -> Places:
    """Return for each instant of a group which range of it began last; one of another group, or -1, where none has begun by then."""
    begin, end = np.searchsorted(owner, group), np.searchsorted(owner, group, side="right")
    while (todo := np.flatnonzero(begin < end)).size:
        middle = (begin[todo] + end[todo]) // 2
        begun = low[middle] <= time[todo]
        begin[todo[begun]], end[todo[~begun]] = middle[begun] + 1, middle[~begun]
    return np.asarray(begin - 1)
