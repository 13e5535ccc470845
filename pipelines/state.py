"""The state of one partition: every kept event as a fixed row, linked backwards along its chain.

A *chain* is what can form a journey by itself: a customer's events without a case, one case of a customer; or one flow of backstage work, or what one
source says of the house and of one customer or nobody. No row is ever rewritten, and links point only backwards. The state is a cache: the journal's
facts give it again. Arrays come from an allocator, so the same code runs in memory and on mapped files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.columns import Array, picked
from pipelines.order import starts_of

ROW = np.dtype(
    [
        ("time", "i8"),  # µs, event time
        ("prefmax", "i8"),  # greatest time of all older rows of the chain
        ("key", "u8"),
        ("content", "u8"),  # of copies that differ, the smallest wins
        ("sequence", "i8"),
        ("wait", "i8"),  # ms, ABSENT where not measured
        ("service", "i8"),  # ms, ABSENT where not measured
        ("money", "i8"),  # minor units
        ("correlation", "u8"),  # 64 bits of the md5 of correlation_id, 0 where absent
        ("text_end", "i8"),  # where its event_id ends in the heap of texts
        ("chain", "i4"),
        ("prev", "i4"),  # the row before it in its chain, in order of arrival; -1 at the first
        ("sense", "i4"),
        ("site", "i4"),
        ("actor", "i4"),
        ("team", "i4"),
        ("source", "i4"),
        ("facts", "i4"),
        ("money_kind", "i4"),
        ("flags", "u4"),
    ]
)
CHAIN = np.dtype([("hash", "u8"), ("maxtime", "i8"), ("head", "i4"), ("count", "i4")])

ABSENT = -1
CASE, GAP, HOUSE, OPERATION = 0, 1, 2, 3
"""Kinds of chains (the lowest two bits of a row's flags)."""
KIND = np.uint32(3)
QUEUED, STARTED, COMPLETED = 1, 2, 3
LIFECYCLE_SHIFT = 2  # two bits
LATE = np.uint32(1 << 4)
ANONYMOUS = np.uint32(1 << 5)
ACTOR_KIND_SHIFT = 6  # two bits: 0 unknown, 1 human, 2 machine, 3 customer

_READ_ROWS = 1 << 18
Allocator = Callable[[str, "np.dtype[Any]", int], "NDArray[Any]"]
"""(name, dtype, capacity) → an array of that capacity that keeps what an earlier, smaller one of that name held."""


def in_memory() -> Allocator:
    """Return an allocator of plain memory."""
    held: dict[str, NDArray[Any]] = {}

    def allocate(name: str, dtype: np.dtype[Any], capacity: int) -> NDArray[Any]:
        grown = np.zeros(capacity, dtype)
        if name in held:
            grown[: len(held[name])] = held[name]
        held[name] = grown
        return grown

    return allocate


class Grown:
    """An array that grows by doubling; ``rows[:size]`` is what it holds."""

    def __init__(self, name: str, dtype: np.dtype[Any], allocate: Allocator, size: int = 0) -> None:
        self._name, self._dtype, self._allocate = name, np.dtype(dtype), allocate
        self.size = size
        self.rows = allocate(name, self._dtype, _capacity(size))

    def append(self, values: NDArray[Any]) -> int:
        """Append values; return the place of the first."""
        first, self.size = self.size, self.size + len(values)
        if self.size > len(self.rows):
            self.rows = self._allocate(self._name, self._dtype, _capacity(self.size))
        self.rows[first : self.size] = values
        return first


def _capacity(size: int) -> int:
    return max(1 << 12, 1 << int(np.ceil(np.log2(size + 1))) if size < 1 << 22 else (size // (1 << 21) + 2) << 21)


@dataclass(frozen=True)
class StateSize:
    """How much of the arrays is in use; with the arrays themselves it is the whole state."""

    rows: int = 0
    chains: int = 0
    texts: int = 0
    slots: int = 0


class State:
    """Rows, chains, the index of chains and the heap of event ids of one partition."""

    def __init__(self, allocate: Allocator | None = None, size: StateSize | None = None) -> None:
        allocate, size = allocate or in_memory(), size or StateSize()
        self._allocate = allocate
        self.rows = Grown("rows", ROW, allocate, size.rows)
        self.chains = Grown("chains", CHAIN, allocate, size.chains)
        self.texts = Grown("texts", np.dtype("u1"), allocate, size.texts)
        self._slots = allocate("slots", np.dtype("i4"), size.slots or self._slot_count(0))
        if not size.chains:
            self._slots[:] = 0

    @property
    def size(self) -> StateSize:
        """How much of it is in use."""
        return StateSize(self.rows.size, self.chains.size, self.texts.size, len(self._slots))

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the code of each chain, made where it was not known. The hashes must be distinct."""
        if self._slot_count(self.chains.size + len(hashes)) > len(self._slots):
            self._rehash(self._slot_count(self.chains.size + len(hashes)))
        codes = np.full(len(hashes), -1, np.int32)
        self._probe(hashes, codes)
        return codes

    def find_all(self, hashes: NDArray[np.uint64], where: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the chain of each row: ``where`` says which of the distinct hashes is its own."""
        return self.find(hashes)[where]

    def append(self, rows: NDArray[np.void], event_ids: Array) -> NDArray[np.int64]:
        """Append rows (without links) and their event ids, each behind what its chain holds; return the place that each got."""
        order = np.lexsort((rows["time"], rows["chain"]))
        rows, event_ids = rows[order], picked(event_ids, order)
        first = starts_of(rows["chain"])
        heads = self.chains.rows[rows["chain"]]
        places = np.arange(self.rows.size, self.rows.size + len(rows), dtype=np.int32)
        earlier = np.r_[np.iinfo(np.int64).min, rows["time"][:-1]] if len(rows) else rows["time"]
        rows["prev"] = np.where(first, heads["head"], places - 1)
        rows["prefmax"] = np.where(first, heads["maxtime"], np.maximum(heads["maxtime"], earlier))
        rows["text_end"] = self._keep_texts(event_ids)
        self.rows.append(rows)
        last = np.flatnonzero(np.r_[first[1:], True]) if len(rows) else np.empty(0, np.int64)
        self._advance(rows[last], places[last], np.diff(np.r_[-1, last]))
        found = np.empty(len(order), np.int64)
        found[order] = places
        return found

    def places_of(self, chains: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the places of all rows of some chains, by reading the chain of every row there is: for few chains, and long ones."""
        wanted = np.zeros(self.chains.size, bool)
        wanted[chains] = True
        found = [np.empty(0, np.int64)]
        for begin in range(0, self.rows.size, _READ_ROWS):
            found.append(begin + np.flatnonzero(wanted[self.rows.rows["chain"][begin : min(begin + _READ_ROWS, self.rows.size)]]))
        return np.concatenate(found)

    def _advance(self, last: NDArray[np.void], places: NDArray[np.int32], counts: NDArray[np.int64]) -> None:
        """Let chains end in their new last rows."""
        chains = self.chains.rows[last["chain"]]
        chains["head"], chains["maxtime"] = places, np.maximum(chains["maxtime"], last["time"])
        chains["count"] += counts.astype(np.int32)
        self.chains.rows[last["chain"]] = chains

    def _keep_texts(self, event_ids: Array) -> NDArray[np.int64]:
        """Append event ids to the heap; return where each ends."""
        before = self.texts.size
        if not len(event_ids):
            return np.empty(0, np.int64)
        buffers: Any = event_ids.buffers()
        ends = np.frombuffer(buffers[1], np.int32)[event_ids.offset : event_ids.offset + len(event_ids) + 1].astype(np.int64)
        self.texts.append(np.frombuffer(buffers[2], np.uint8)[ends[0] : ends[-1]])
        return np.asarray(ends[1:] - ends[0] + before)

    def event_ids(self, places: NDArray[np.int64]) -> list[str]:
        """Return the event ids of rows."""
        ends, starts = self.rows.rows["text_end"][places], np.where(places > 0, self.rows.rows["text_end"][places - 1], 0)
        return [self.texts.rows[a:b].tobytes().decode() for a, b in zip(starts, ends, strict=True)]

    def _probe(self, hashes: NDArray[np.uint64], codes: NDArray[np.int32]) -> None:
        """Open addressing with linear probing, all hashes at once; slots hold code + 1."""
        mask = np.uint64(len(self._slots) - 1)
        places = (hashes & mask).astype(np.int64)
        pending = np.arange(len(hashes))
        while len(pending):
            found = self._slots[places[pending]]
            free = pending[found == 0]
            if len(free):  # several may want one slot: the last one written has it, the others look again
                self._slots[places[free]] = -(free + 1)
                won = free[self._slots[places[free]] == -(free + 1)]
                codes[won] = self._new_chains(hashes[won])
                self._slots[places[won]] = codes[won] + 1
                found = self._slots[places[pending]]
            same = self.chains.rows["hash"][found - 1] == hashes[pending]
            codes[pending[same]] = found[same] - 1
            pending = pending[~same]
            places[pending] = (places[pending] + 1) & np.int64(mask)

    def _new_chains(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        fresh = np.zeros(len(hashes), CHAIN)
        fresh["hash"], fresh["maxtime"], fresh["head"] = hashes, np.iinfo(np.int64).min, -1
        first = self.chains.append(fresh)
        return np.arange(first, first + len(hashes), dtype=np.int32)

    def _rehash(self, count: int) -> None:
        self._slots = self._allocate("slots", np.dtype("i4"), count)
        self._slots[:] = 0
        known = self.chains.rows["hash"][: self.chains.size]
        mask = np.uint64(count - 1)
        places, pending = (known & mask).astype(np.int64), np.arange(len(known))
        while len(pending):
            free = pending[self._slots[places[pending]] == 0]
            self._slots[places[free]] = free + 1
            pending = pending[self._slots[places[pending]] != pending + 1]
            places[pending] = (places[pending] + 1) & np.int64(mask)

    @staticmethod
    def _slot_count(chains: int) -> int:
        return 1 << max(12, int(np.ceil(np.log2(2 * chains + 1))))
