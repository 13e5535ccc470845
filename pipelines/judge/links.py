"""Links: the events of a customer that any rule may see, walked back in time across cases as far as islands reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.judge.arranged import by_time
from pipelines.order import starts_of
from pipelines.records import joined
from pipelines.state import GAP, KIND, LINK, State

Places = NDArray[np.int64]
Codes = NDArray[np.int32]
_FAR = np.iinfo(np.int64).max


def link(places: Places, wanted: NDArray[np.bool_], state: State) -> None:
    """Link stored rows behind what their customers have. ``wanted``: by sense, whether any rule may see it."""
    rows = state.rows.rows
    sense = rows["sense"][places]
    chosen = np.flatnonzero(wanted[sense] & (rows["flags"][places] & KIND <= GAP))
    if not len(chosen):
        return
    places, sense = places[chosen], sense[chosen]
    customer, time = state.chains.rows["customer"][rows["chain"][places]], rows["time"][places]
    order = by_time(customer, time)
    links = np.zeros(len(order), LINK)
    links["customer"], links["time"], links["sense"], links["place"] = customer[order], time[order], sense[order], places[order]
    first, at = starts_of(links["customer"]), np.arange(state.links.size, state.links.size + len(links))
    owners = state.chains.rows
    known, most = owners["linked"][links["customer"]], owners["linked_max"][links["customer"]]
    links["prev"] = np.where(first, known, at - 1)
    links["prefmax"] = np.where(first, most, np.maximum(most, np.r_[0, links["time"][:-1]]))
    state.links.append(links)
    last = np.flatnonzero(np.r_[first[1:], True])
    owners["linked"][links["customer"][last]] = at[last]
    owners["linked_max"][links["customer"][last]] = np.maximum(most[last], links["time"][last])


@dataclass(frozen=True)
class Reach:
    """How far rules see.

    Attributes:
        bits: By sense: the rules that see it, as bits.
        windows: (window µs, bits of the rules that have it), ascending.
    """

    bits: NDArray[np.uint64]
    windows: tuple[tuple[int, np.uint64], ...]

    def of(self, bits: NDArray[np.uint64]) -> Places:
        """Return the longest window (µs) of each set of rules, 0 for none."""
        reach = np.zeros(len(bits), np.int64)
        for window, members in self.windows:
            reach[bits & members != 0] = window
        return reach


def walk(state: State, customers: Codes, since: Places, rules: NDArray[np.uint64], reach: Reach, deepest: int) -> tuple[NDArray[np.void], Codes]:
    """Read back from the last linked events of customers until all that is older lies further back than any window from what was read.

    Args:
        state: Of the partition.
        customers: Their chains, distinct.
        since: From where on events matter (µs) for each.
        rules: Which rules are asked about each, as bits.
        reach: How far they see.
        deepest: The most events that are read of one.

    Returns:
        The links that were read, and the customers that have more of them.
    """
    owners = state.chains.rows[customers]
    since = since.copy()
    who = np.flatnonzero((owners["linked"] >= 0) & (owners["linked_max"] >= since))
    at = owners["linked"][who]
    found = [np.empty(0, LINK)]
    for _ in range(deepest):
        if not len(who):
            break
        level = state.links.rows.take(at)
        found.append(level)
        bits = reach.bits[level["sense"]] & rules[who]
        since[who] = np.minimum(since[who], np.where(bits != 0, level["time"] - reach.of(bits), _FAR))
        on = (level["prev"] >= 0) & (level["prefmax"] >= since[who])
        who, at = who[on], level["prev"][on]
    links, deep = joined(found[::-1]), customers[who]  # what is older comes first: so most are in order of time already
    return (links.compress(~np.isin(links["customer"], deep)) if len(deep) else links), deep
