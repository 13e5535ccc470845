"""Crowds: customers with so many events that they can't be walked anew for each batch; their links are kept sorted by time.

An access path and nothing more: no result depends on whether a customer is read here or walked. It may be dropped at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.judge.links import Reach
from pipelines.state import LINK, State

MOST_LINKS = 1 << 22
"""So many links are kept in memory together (32 bytes each); those used longest ago go first."""


@dataclass
class Crowd:
    """One customer's links by time, and the last of them by arrival."""

    links: NDArray[np.void]
    head: int


@dataclass
class Crowds:
    """All that are kept, those used last at the end."""

    most: int  # events of an island
    held: dict[int, Crowd] = field(default_factory=dict)

    def near(self, state: State, customer: int, instants: NDArray[np.int64], rules: int, reach: Reach) -> NDArray[np.void]:
        """Return a customer's links around instants (µs): of each rule asked about more on either side than an island may have, if there are."""
        links = self._of(state, customer)
        low, high = int(np.searchsorted(links["time"], instants.min())), int(np.searchsorted(links["time"], instants.max(), side="right"))
        width = 2 * self.most + 2
        while True:
            begin, end = max(low - width, 0), min(high + width, len(links))
            bits = reach.bits[links["sense"][begin:end]]
            before, after = bits[: low - begin], bits[high - begin :]
            wanted = [np.uint64(1 << number) for number in range(rules.bit_length()) if rules >> number & 1]
            enough = all(
                (begin == 0 or _count(before, each) > self.most) and (end == len(links) or _count(after, each) > self.most) for each in wanted
            )
            if enough:
                return links[begin:end]
            width *= 4

    def _of(self, state: State, customer: int) -> NDArray[np.void]:
        head = int(state.chains.rows["linked"][customer])
        known = self.held.pop(customer, None) or Crowd(np.empty(0, LINK), -1)
        if head != known.head:
            known = Crowd(_merged(known.links, state.links.rows[_back(state, head, known.head)]), head)
        self.held[customer] = known
        self._forget()
        return known.links

    def _forget(self) -> None:
        size = sum(len(crowd.links) for crowd in self.held.values())
        while size > MOST_LINKS and len(self.held) > 1:
            size -= len(self.held.pop(next(iter(self.held))).links)


def _count(bits: NDArray[np.uint64], rule: np.uint64) -> int:
    return int(np.count_nonzero(bits & rule))


def _back(state: State, head: int, until: int) -> NDArray[np.int64]:
    """Return the places of a customer's links from the last one back to one that is known."""
    found, at, previous = [], head, state.links.rows["prev"]
    while at not in (until, -1):
        found.append(at)
        at = int(previous[at])
    return np.array(found[::-1], np.int64)


def _merged(known: NDArray[np.void], more: NDArray[np.void]) -> NDArray[np.void]:
    more = more[np.argsort(more["time"], kind="stable")]
    if not len(known) or (len(more) and more["time"][0] >= known["time"][-1]):
        return np.concatenate([known, more])
    return np.insert(known, np.searchsorted(known["time"], more["time"], side="right"), more)
