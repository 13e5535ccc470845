"""The pool: the linked rows that the islands that a change touches may consist of, and what keeps them apart in each rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.judge.arranged import by_group
from pipelines.lexicon import Lexicon
from pipelines.state import State

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int32]
Bits = NDArray[np.uint64]


@dataclass(frozen=True)
class Touched:
    """Customers of which something changed that a rule sees.

    Attributes:
        customers: Their chains, ascending.
        since: From where on events matter (µs).
        rules: Which rules are asked about each, as bits.
        who, time: What changed: whose it is (place in ``customers``), and when it happened (µs).
        lost, lost_customer, lost_bits: Rows that count no more, whose they are, and which rules saw them.
    """

    customers: Codes
    since: Places
    rules: Bits
    who: Places
    time: Places
    lost: NDArray[np.void]
    lost_customer: Codes
    lost_bits: Bits


@dataclass(frozen=True)
class Apart:
    """Places of rows of the pool group by group, in total order, with the group and the rules of each."""

    order: Places
    group: Places
    bits: Bits


@dataclass
class Pool:
    """Linked rows, customer by customer in total order.

    Attributes:
        links: Records of ``LINK``.
        bits: Which rules that are asked see each.
        changed: Which are new, or told otherwise by their journey.
    """

    links: NDArray[np.void]
    bits: Bits
    changed: Flags
    state: State
    lexicon: Lexicon
    _apart: dict[str | None, Apart] = field(default_factory=dict)

    @cached_property
    def time(self) -> Places:
        """When each happened (µs)."""
        return np.ascontiguousarray(self.links["time"])

    @cached_property
    def roles(self) -> Bits:
        """The roles of each, as bits."""
        return np.asarray(self.lexicon.sense_table()["roles"][self.links["sense"]])

    def apart(self, column: str | None) -> Apart:
        """Return the rows group by group, where events that differ in a column are kept apart."""
        if column not in self._apart:
            links = self.links
            chains = self.state.rows.column("chain", links["place"]) if column == "case_id" else links["customer"]
            group = groups(column, self.lexicon, links["customer"], links["sense"], chains)
            order = np.arange(len(links)) if column is None else by_group(group)
            self._apart[column] = Apart(order, group[order], self.bits[order])
        return self._apart[column]


def groups(column: str | None, lexicon: Lexicon, customers: Codes, senses: Codes, chains: Codes) -> Places:
    """Return customer and what keeps events apart, as one number."""
    apart = np.zeros(len(customers), np.int64)
    if column == "thing" and len(customers):
        apart = lexicon.sense_table()["thing"][senses].astype(np.int64)
    elif column == "case_id":
        apart = np.where(chains == customers, 0, chains.astype(np.int64) + 1)
    return customers.astype(np.int64) << 32 | apart


def among(places: NDArray[np.integer], chosen: Places) -> Flags:
    """Return which places are among some that are sorted."""
    if not len(chosen):
        return np.zeros(len(places), bool)
    return np.asarray(chosen[np.minimum(np.searchsorted(chosen, places), len(chosen) - 1)] == places)


def untie(links: NDArray[np.void], state: State) -> None:
    """Put links, customer by customer in order of time, into total order."""
    tie = (links["customer"][1:] == links["customer"][:-1]) & (links["time"][1:] == links["time"][:-1])
    if tie.any():
        at = np.flatnonzero(np.r_[tie, False] | np.r_[False, tie])
        mine = links.take(at)
        rows = state.rows.taken(mine["place"])
        order = np.lexsort((rows["key"], rows["sequence"], rows["time"], mine["customer"]))
        links[at] = mine.take(order)
