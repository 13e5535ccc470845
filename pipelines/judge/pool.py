"""The pool: the linked rows that the islands that a change touches may consist of, and what keeps them apart in each rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipelines.judge.arranged import by_group
from pipelines.judge.rule import Rule
from pipelines.key_index import spans
from pipelines.lexicon import Lexicon
from pipelines.order import starts_of
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

    def parts(self, most: int) -> Iterator[Touched]:
        """Yield the customers in parts, of each of which about so many rows changed at most; what the rules say of one customer asks for no other."""
        reached = np.cumsum(np.bincount(self.who, minlength=len(self.customers)))
        number = (reached - 1) // most
        bounds = np.append(np.flatnonzero(starts_of(number)), len(number))
        for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            yield self if end - begin == len(number) else self._part(begin, end)

    def _part(self, begin: int, end: int) -> Touched:
        theirs = (self.who >= begin) & (self.who < end)
        customers = self.customers[begin:end]
        gone = np.flatnonzero(among(self.lost_customer, customers))
        return Touched(
            customers,
            self.since[begin:end],
            self.rules[begin:end],
            self.who[theirs] - begin,
            self.time[theirs],
            self.lost.take(gone),
            self.lost_customer[gone],
            self.lost_bits[gone],
        )


@dataclass
class Pool:
    """Linked rows, customer by customer in total order.

    Attributes:
        links: Records of ``LINK``.
        bits: Which rules that are asked see each.
        changed: Which are new, or told otherwise by their journey.
        deep: Customers of whom not all that lies within reach is here, ascending.
        opening: Bits of roles: all by which islands can have intervals of rules that say so.
    """

    links: NDArray[np.void]
    bits: Bits
    changed: Flags
    deep: Codes
    opening: int
    state: State
    lexicon: Lexicon

    @cached_property
    def customer(self) -> Codes:
        """Whose each is."""
        return np.ascontiguousarray(self.links["customer"])

    @cached_property
    def sense(self) -> Codes:
        """The sense of each."""
        return np.ascontiguousarray(self.links["sense"])

    @cached_property
    def time(self) -> Places:
        """When each happened (µs)."""
        return np.ascontiguousarray(self.links["time"])

    @cached_property
    def roles(self) -> Bits:
        """The roles of each, as bits."""
        return np.asarray(self.lexicon.sense_table()["roles"][self.sense])

    def seen(self, rule: Rule, bit: np.uint64, *, opened: bool) -> tuple[Places, Places]:
        """Return the rows that a rule sees.

        Args:
            rule: The rule.
            bit: Its bit.
            opened: Only of customers who may have an event that opens an interval of it.

        Returns:
            Their places, group by group in total order, and the group of each.
        """
        rows = self._opened(rule, bit) if opened and rule.opens else np.flatnonzero(self.bits & bit)
        customer = self.customer[rows]
        chains = self.state.rows.column("chain", self.links["place"][rows]) if rule.apart == "case_id" else customer
        group = groups(rule.apart, self.lexicon, customer, self.sense[rows], chains)
        if rule.apart is None:
            return rows, group
        order = by_group(group)
        return rows[order], group[order]

    def _opened(self, rule: Rule, bit: np.uint64) -> Places:
        """Return the rows that a rule sees of customers who have one with a role that it names first, or of whom not all is here."""
        openers = self._openers[(self.roles[self._openers] & np.uint64(rule.opens[0]) != 0) & (self.bits[self._openers] & bit != 0)]
        begins = self._begins
        able = np.zeros(len(begins), bool)
        able[np.searchsorted(begins, openers, side="right") - 1] = True
        able[np.searchsorted(self.customer[begins[:-1]], self.deep)] = True
        number = np.flatnonzero(able[:-1])
        rows = spans(begins[number], begins[number + 1])
        return np.asarray(rows[self.bits[rows] & bit != 0])

    @cached_property
    def _openers(self) -> Places:
        opens = self.lexicon.sense_table()["roles"] & np.uint64(self.opening) != 0
        return np.flatnonzero(opens[self.sense])

    @cached_property
    def _begins(self) -> Places:
        """Where the rows of each customer begin, and where the last ones end."""
        return np.append(np.flatnonzero(starts_of(self.customer)), len(self.links))


def groups(column: str | None, lexicon: Lexicon, customers: Codes, senses: Codes, chains: Codes) -> Places:
    """Return customer and what keeps events apart, as one number."""
    apart = np.zeros(len(customers), np.int64)
    if column == "thing" and len(customers):
        apart = lexicon.sense_table()["thing"][senses].astype(np.int64)
    elif column == "case_id":
        apart = np.where(chains == customers, 0, chains.astype(np.int64) + 1)
    return customers.astype(np.int64) << 32 | apart


def among(places: NDArray[np.integer], chosen: NDArray[np.integer]) -> Flags:
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
