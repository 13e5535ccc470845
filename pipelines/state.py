"""The state of one partition: every kept event as a fixed row, linked backwards along its chain.

A *chain* is what can form a journey by itself: a customer's events without a case, one case of a customer; or one flow of backstage work, or what one
source says of the house and of one customer or nobody. No row is ever rewritten, and links point only backwards. The state is a cache: the journal's
facts give it again. Arrays come from an allocator, so the same code runs in memory and on mapped files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.columns import Array, picked
from pipelines.key_index import spans
from pipelines.order import by_group_and_time, starts_of
from pipelines.records import put, put_at, take_into

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
CHAIN = np.dtype(
    [
        ("hash", "u8"),
        ("maxtime", "i8"),
        ("name_end", "i8"),  # where its name ends in the heap of names
        ("linked_max", "i8"),  # of a customer (their caseless chain): greatest time of what is linked
        ("head", "i4"),
        ("count", "i4"),
        ("name_size", "i4"),  # bytes
        ("customer", "i4"),  # their caseless chain, which stands for them; -1 where there is none
        ("linked", "i4"),  # of a customer: the last of their linked events; -1 for none
        ("held", "i4"),  # of a customer: the last of their intervals; -1 for none
    ]
)
MARK = np.dtype(
    [
        ("journey", "u8"),  # 0 where it shows no steps
        ("wait", "i8"),
        ("service", "i8"),
        ("carried", "i4"),  # the reserved attributes as its journey named them last, up to it
        ("position", "i4"),
        ("previous", "i4"),  # place of the step before it, -1 for none
        ("lost", "i4"),  # 1: a copy of it counts in its place
    ]
)
"""What its journey says of a row; rewritten as that changes."""
LINK = np.dtype([("time", "i8"), ("prefmax", "i8"), ("place", "i4"), ("prev", "i4"), ("sense", "i4"), ("customer", "i4")])
"""A row that a rule may see, linked backwards along its customer."""
HELD = np.dtype(
    [("key", "u8"), ("digest", "u8"), ("opened", "i8"), ("prefmax", "i8"), ("prev", "i4"), ("customer", "i4"), ("rule", "i4"), ("place", "i4")]
)
"""An interval that stands in the journal (rule -1: stood), with the row that opened it, linked backwards along its customer."""
EXTRA = np.dtype([("place", "i8"), ("due", "i8"), ("rating", "f8"), ("promise_kind", "i4"), ("metric", "i4")])
"""What few rows have beside what all have."""

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
UNMARKED = np.array([(0, ABSENT, ABSENT, 0, 0, -1, 0)], MARK)
Allocator = Callable[[str, "np.dtype[Any]", int], "NDArray[Any]"]
"""(name, dtype, capacity) → an array of that capacity that keeps what an earlier, smaller one of that name held."""
Rest = Callable[[str], None]
"""(name) → nothing; what was read of a mapped array need not stay in memory."""
_STRETCH, _MANY = 19, 1 << 17
"""Bits of the number of rows that are read of a large array before it may rest, where so many are read: what few bring is soon wanted again."""


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
    """An array that grows by doubling; ``rows[:size]`` is what it holds.

    Attributes:
        sparing: It rests though few rows are read, too.
    """

    sparing = False

    def __init__(self, name: str, dtype: np.dtype[Any], allocate: Allocator, size: int = 0, rest: Rest = lambda name: None) -> None:
        self._name, self._dtype, self._allocate, self._rest = name, np.dtype(dtype), allocate, rest
        self.size = size
        self.rows = allocate(name, self._dtype, _capacity(size))

    def append(self, values: NDArray[Any]) -> int:
        """Append values; return the place of the first."""
        first = self._room(len(values))
        put(self.rows, first, values)
        return first

    def append_taken(self, values: NDArray[Any], places: NDArray[np.int64]) -> NDArray[Any]:
        """Append the values at some places; return what was appended, as it lies here."""
        first = self._room(len(places))
        new = self.rows[first : self.size]
        take_into(new, values, places)
        return new

    def taken(self, places: NDArray[Any]) -> NDArray[Any]:
        """Return what stands at some places anywhere; of a large array only a stretch is in memory at a time."""
        if self._small(places):
            return self.rows.take(places)
        found = np.empty(len(places), self._dtype)
        for part in self._stretches(places):
            put_at(found, part, self.rows.take(places[part]))
        return found

    def column(self, name: str, places: NDArray[Any]) -> NDArray[Any]:
        """Return one field of what stands at some places, as ``taken`` does."""
        if self._small(places):
            return np.asarray(self.rows[name][places])
        found = np.empty(len(places), self._dtype[name])
        for part in self._stretches(places):
            found[part] = self.rows[name][places[part]]
        return found

    def _small(self, places: NDArray[Any]) -> bool:
        return self.size >> _STRETCH == 0 or (len(places) < _MANY and not self.sparing)

    def _stretches(self, places: NDArray[Any]) -> Iterator[NDArray[np.int64]]:
        """Yield which of some places lie in each stretch of the array, and let it rest behind each."""
        number = (places >> _STRETCH).astype(np.uint16)
        order = np.argsort(number, kind="stable")
        for part in np.split(order, np.cumsum(np.bincount(number))[:-1]):
            if len(part):
                yield part
                self._rest(self._name)

    def _room(self, count: int) -> int:
        first, self.size = self.size, self.size + count
        if self.size > len(self.rows):
            self.rows = self._allocate(self._name, self._dtype, _capacity(self.size))
        return first


def _capacity(size: int) -> int:
    return max(1 << 12, 1 << int(np.ceil(np.log2(size + 1))) if size < 1 << 22 else (size // (1 << 21) + 2) << 21)


def _kept(heap: Grown, texts: Array) -> NDArray[np.int64]:
    """Append texts to a heap; return where each ends."""
    before = heap.size
    if not len(texts):
        return np.empty(0, np.int64)
    buffers: Any = texts.buffers()
    ends = np.frombuffer(buffers[1], np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    heap.append(np.frombuffer(buffers[2], np.uint8)[ends[0] : ends[-1]] if ends[-1] > ends[0] else np.empty(0, np.uint8))
    return np.asarray(ends[1:] - ends[0] + before)


def _size(texts: Array) -> int:
    """Return how many bytes texts have together."""
    length_of: Any = pc.binary_length  # its stub asks for a column that is known to be one of texts
    return int(pc.sum(length_of(texts)).as_py() or 0)


def _texts(heap: Grown, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Array:
    """Return the texts of a heap that lie between these places."""
    held = heap.rows[spans(starts, ends)]
    offsets = np.append(0, np.cumsum(ends - starts)).astype(np.int32)
    buffer_of: Any = pa.py_buffer
    made: Any = pa.StringArray.from_buffers(len(starts), buffer_of(offsets), buffer_of(np.ascontiguousarray(held)))
    return made  # type: ignore[no-any-return]


@dataclass(frozen=True)
class StateSize:
    """How much of the arrays is in use; with the arrays themselves it is the whole state."""

    rows: int = 0
    chains: int = 0
    texts: int = 0
    slots: int = 0
    names: int = 0
    links: int = 0
    held: int = 0
    extras: int = 0


class State:
    """Rows, chains, the index of chains and the heap of event ids of one partition."""

    def __init__(self, allocate: Allocator | None = None, size: StateSize | None = None, rest: Rest = lambda name: None) -> None:
        allocate, size = allocate or in_memory(), size or StateSize()
        self._allocate = allocate
        self.rows = Grown("rows", ROW, allocate, size.rows, rest)
        self.chains = Grown("chains", CHAIN, allocate, size.chains)
        self.texts = Grown("texts", np.dtype("u1"), allocate, size.texts)
        self.names = Grown("names", np.dtype("u1"), allocate, size.names)
        self.marks = Grown("marks", MARK, allocate, size.rows, rest)
        self.links = Grown("links", LINK, allocate, size.links)
        self.held = Grown("held", HELD, allocate, size.held)
        self.extras = Grown("extras", EXTRA, allocate, size.extras)
        self._slots = allocate("slots", np.dtype("i4"), size.slots or self._slot_count(0))
        if not size.chains:
            self._slots[:] = 0

    @property
    def size(self) -> StateSize:
        """How much of it is in use."""
        return StateSize(
            *(self.rows.size, self.chains.size, self.texts.size, len(self._slots)),
            *(self.names.size, self.links.size, self.held.size, self.extras.size),
        )

    @contextmanager
    def sparing(self, rows: int) -> Iterator[None]:
        """Let rows and marks rest behind each reading, where something of many rows is at work: each row that is read brings what lies around it."""
        self.rows.sparing = self.marks.sparing = rows >= _MANY
        try:
            yield
        finally:
            self.rows.sparing = self.marks.sparing = False

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the code of each chain, made where it was not known. The hashes must be distinct."""
        if self._slot_count(self.chains.size + len(hashes)) > len(self._slots):
            self._rehash(self._slot_count(self.chains.size + len(hashes)))
        codes = np.full(len(hashes), -1, np.int32)
        self._probe(hashes, codes)
        return codes

    def append(self, rows: NDArray[np.void], event_ids: Array, kept: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Append rows (without links) and their event ids, each behind what its chain holds; return the place that each got.

        Args:
            rows: Records of ``ROW``.
            event_ids: One a row.
            kept: Which of them are to be appended, None for all; the places of the others are -1.
        """
        chosen = np.arange(len(rows)) if kept is None else np.flatnonzero(kept)
        chain, time = rows["chain"][chosen], rows["time"][chosen]
        order = by_group_and_time(chain, time)
        chain, time, order = chain[order], time[order], chosen[order]
        first = starts_of(chain)
        heads = self.chains.rows.take(chain)
        places = np.arange(self.rows.size, self.rows.size + len(order), dtype=np.int32)
        earlier = np.r_[np.iinfo(np.int64).min, time[:-1]] if len(order) else time
        new = self.rows.append_taken(rows, order)
        new["prev"] = np.where(first, heads["head"], places - 1)
        new["prefmax"] = np.where(first, heads["maxtime"], np.maximum(heads["maxtime"], earlier))
        new["text_end"] = _kept(self.texts, picked(event_ids, order))
        self.marks.append(np.repeat(UNMARKED, len(order)))
        last = np.flatnonzero(np.r_[first[1:], True]) if len(order) else np.empty(0, np.int64)
        self._advance(new.take(last), places[last], np.diff(np.r_[-1, last]))
        found = np.full(len(rows), -1, np.int64)
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
        chains = self.chains.rows.take(last["chain"])
        chains["head"], chains["maxtime"] = places, np.maximum(chains["maxtime"], last["time"])
        chains["count"] += counts.astype(np.int32)
        put_at(self.chains.rows, last["chain"], chains)

    def name(self, codes: NDArray[np.int32], customers: NDArray[np.int32], names: Array) -> None:
        """Say of chains what they are called (a customer, or a case) and which chain stands for their customer."""
        chains = self.chains.rows.take(codes)
        chains["customer"], chains["name_end"] = customers, _kept(self.names, names)
        chains["name_size"] = np.diff(np.r_[self.names.size - _size(names), chains["name_end"]])
        put_at(self.chains.rows, codes, chains)

    def names_of(self, codes: NDArray[np.int32]) -> Array:
        """Return what chains are called."""
        chains = self.chains.rows.take(codes)
        return _texts(self.names, chains["name_end"] - chains["name_size"], chains["name_end"])

    def event_ids(self, places: NDArray[np.int64]) -> Array:
        """Return the event ids of rows."""
        ends, before = (self.rows.column("text_end", np.maximum(at, 0)) for at in (places, places - 1))
        starts = np.where(places > 0, before, 0)
        return _texts(self.texts, starts, ends)

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
        fresh["hash"], fresh["maxtime"], fresh["linked_max"] = hashes, np.iinfo(np.int64).min, np.iinfo(np.int64).min
        for name in ("head", "customer", "linked", "held"):
            fresh[name] = -1
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
