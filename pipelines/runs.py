"""Runs: chains that are too long to be walked, kept sorted in memory, a narrow row an event.

Each row carries what its journey amounts to up to it, so a journey's summary is read off its last row, and an event costs what lies behind it in
time, however long the chain. Runs are a cache: they are built from the state when a walk gets too deep, and may be dropped at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.kernel import TERMINAL, parted
from pipelines.key_index import KeyIndex
from pipelines.lexicon import FACTS, Lexicon
from pipelines.order import ordered, starts_of, total_order
from pipelines.state import ANONYMOUS, HOUSE, KIND, LATE, Grown, State, in_memory

RUN = np.dtype(
    [
        ("place", "i8"),  # of the row in the state
        ("time", "i8"),
        ("sequence", "i8"),
        ("key", "u8"),
        ("end", "i8"),
        ("first", "i8"),  # where in the run its journey begins
        ("ended", "i8"),  # the greatest end of the journey so far
        ("late", "i8"),  # late events of the journey so far
        ("known", "i8"),  # events of the journey so far that name a person
        ("named", "i8", (len(FACTS),)),  # place in the state of the latest row so far that names each reserved attribute, -1 for none
        ("sense", "i4"),
        ("facts", "i4"),
        ("flags", "u4"),
        ("start", "?"),
    ]
)
MOST_ROWS = 1 << 23
"""The most rows that all runs together may hold (112 bytes each); beyond it those are dropped that were not used for longest."""
_MS = 1000
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tails:
    """The ends of some runs, one behind another.

    Attributes:
        rows: Records of ``RUN``.
        owner: For each row the number of its run.
        at: For each row its place in its run.
        given: Rows whose own values stand: those before all that changes, at most one a run.
    """

    rows: NDArray[np.void]
    owner: Places
    at: Places
    given: Flags


@dataclass
class Runs:
    """The runs of one partition by chain, those used last at the end, and the index of all their rows."""

    lexicon: Lexicon
    held: dict[int, Grown] = field(default_factory=dict)
    index: KeyIndex = field(default_factory=KeyIndex)

    def holds(self, chain: NDArray[np.int32]) -> Flags:
        """Return which chains have a run."""
        return np.isin(chain, np.fromiter(self.held, np.int32, len(self.held))) if self.held else np.zeros(len(chain), bool)

    def build(self, state: State, chains: NDArray[np.int32]) -> int:
        """Make the runs of chains from the state, and return how many rows that took."""
        places = state.places_of(chains)
        rows = state.rows.rows.take(places)
        self.index.add(rows["key"], places)
        order = ordered(rows).order
        rows, places = rows[order], places[order]
        for chain in chains.tolist():
            mine = rows["chain"] == chain
            run = self.held[chain] = Grown("run", RUN, in_memory())
            if (rows["flags"][mine][:1] & KIND < HOUSE).all():  # of the others only copies matter, which the index finds
                run.append(narrow(rows[mine], places[mine]))
                whole = np.arange(run.size)
                settle(Tails(run.rows[: run.size], np.zeros(run.size, np.int64), whole, np.zeros(run.size, bool)), self.lexicon)
        self._forget()
        return len(places)

    def tails(self, chains: list[int], since: list[int]) -> Tails:
        """Return all rows of these chains from these times on, and of each the row before them."""
        parts, first = [], []
        for chain, time in zip(chains, since, strict=True):
            run = self.held.pop(chain)
            self.held[chain] = run  # used last
            first.append(int(np.searchsorted(run.rows["time"][: run.size], time)))
            parts.append(run.rows[max(first[-1] - 1, 0) : run.size])
        lengths = np.array([len(part) for part in parts])
        owner, begin = np.repeat(np.arange(len(parts)), lengths), np.maximum(np.array(first) - 1, 0)
        at = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths - begin, lengths)
        return Tails(np.concatenate(parts), owner, at, at < np.array(first)[owner])

    def replace(self, chains: list[int], tails: Tails) -> None:
        """Let runs end in these rows."""
        bounds = np.searchsorted(tails.owner, np.arange(len(chains) + 1))
        for number, chain in enumerate(chains):
            rows = tails.rows[bounds[number] : bounds[number + 1]]
            run = self.held[chain]
            run.size = int(tails.at[bounds[number]]) if len(rows) else run.size
            run.append(rows)

    def _forget(self) -> None:
        size = sum(run.size for run in self.held.values())
        while size > MOST_ROWS and len(self.held) > 1:
            size -= self.held.pop(next(iter(self.held))).size


def narrow(rows: NDArray[np.void], places: Places) -> NDArray[np.void]:
    """Return rows of the state (records of ``ROW``) as rows of a run that are not settled yet."""
    run = np.zeros(len(rows), RUN)
    run["place"] = places
    for name in ("time", "sequence", "key", "sense", "facts", "flags"):
        run[name] = rows[name]
    run["end"] = rows["time"] + _MS * np.maximum(rows["service"], 0)
    return run


def merged(tails: Tails, gone: Flags, rows: NDArray[np.void], owner: Places) -> tuple[Tails, Places]:
    """Return tails without the rows that are gone and with new ones (records of ``RUN``); and for each row where it was, -1 if it is new."""
    stayed = np.flatnonzero(~gone)
    both, owners = np.concatenate([tails.rows[stayed], rows]), np.concatenate([tails.owner[stayed], owner])
    was = np.concatenate([stayed, np.full(len(rows), -1, np.int64)])
    order = total_order(owners, both["time"], both["sequence"], both["key"])
    owners, was = owners[order], was[order]
    begin = np.zeros(int(owners.max()) + 1, np.int64)  # where each tail begins in its run: where it began, else at the front
    begin[tails.owner[::-1]] = tails.at[::-1]
    length = np.bincount(owners)
    at = np.arange(len(owners)) - np.repeat(np.cumsum(length) - length - begin, length)
    return Tails(both[order], owners, at, (was >= 0) & tails.given[was] if len(tails.given) else np.zeros(len(was), bool)), was


def settle(tails: Tails, lexicon: Lexicon) -> None:
    """Find where journeys begin, and write into the rows what each journey amounts to up to them."""
    rows, given = tails.rows, tails.given
    sense = lexicon.sense_table()[rows["sense"]]
    begins = starts_of(tails.owner)
    start = begins.copy()
    start[1:] |= parted(rows["time"], sense, rows["flags"])
    rows["start"] = np.where(given, rows["start"], start)
    mark = np.maximum.accumulate(np.where(rows["start"] | begins, np.arange(len(rows)), 0))  # the row that each one's values count from
    seeded = given[mark]
    rows["first"] = np.where(seeded, rows["first"][mark], tails.at[mark])
    rows["ended"] = _running_maximum(np.where(given, rows["ended"], rows["end"]), mark)
    for name, counted in (("late", rows["flags"] & LATE != 0), ("known", rows["flags"] & ANONYMOUS == 0)):
        total = np.cumsum(counted)
        rows[name] = total - total[mark] + np.where(seeded, rows[name][mark], counted[mark])
    facts = lexicon.fact_table()[rows["facts"]] != 0
    for number in range(len(FACTS)):
        latest = np.maximum.accumulate(np.where(facts[:, number] & ~given, np.arange(len(rows)), -1))
        before = np.where(seeded, rows["named"][mark, number], -1)
        rows["named"][:, number] = np.where(latest >= mark, rows["place"][latest], before)


def _running_maximum(values: Places, mark: Places) -> Places:
    """Return the greatest value so far among the rows of one mark."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return values[order[np.maximum.accumulate(mark * len(values) + rank) - mark * len(values)]] if len(values) else values


def is_terminal(rows: NDArray[np.void], lexicon: Lexicon) -> Flags:
    """Return which rows are terminal events."""
    return np.asarray(lexicon.sense_table()["roles"][rows["sense"]] & TERMINAL != 0)
