"""One batch, from raw bytes to changes: the step that the embedded run and the workers share.

A ``Partition`` holds the state of one partition. ``absorb`` reads a batch and returns what it did; no result but history depends on how events were
cut into batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines import facts
from pipelines.columns import array, numbers, whole
from pipelines.decode import DeadLetter, decode
from pipelines.encode import encode
from pipelines.fresh import Fresh
from pipelines.gather import gather, touched_by
from pipelines.identify import Identified, identify
from pipelines.judge.extras import keep_extras
from pipelines.judge.judge import Change, Judge, together
from pipelines.judge.links import link
from pipelines.judge.marks import Seen, lose, mark
from pipelines.judge.restored import relink, settle_intervals, settle_rows
from pipelines.lexicon import Lexicon
from pipelines.long_chains import long_changes
from pipelines.order import Ordered, ordered
from pipelines.records import joined
from pipelines.runs import Runs
from pipelines.state import OPERATION, State
from pipelines.table import extract
from pipelines.walked_chains import walked_changes
from schemas.journey_map import JourneyMap

NEVER = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Batch:
    """Payloads of one feed in the order of arrival.

    Attributes:
        payloads: Raw bytes.
        feed: The journal's name of the source: running maxima are kept a feed.
        received_us: When they reached us (µs): one instant for all, or one for each.
        offset: The offset of the first, where the others follow without gaps; else the offset of each.
        strict: Refuse unknown fields.
        until_us: Events after this instant (µs) are skipped and counted; what breaks the contract is a dead letter all the same.
        keys: Of the records on Kafka; where they are given, those that don't name the canonical customer are counted as ``misplaced``.
        astray: Which of them lie in another partition than their key says: these count so, too.
        bodies: What is decoded, where that isn't the payloads themselves (``wire``); dead letters keep the payload.
        refused: What the wire refused.
    """

    payloads: Sequence[bytes]
    feed: str
    received_us: int | NDArray[np.int64]
    offset: int | NDArray[np.int64] = 0
    strict: bool = False
    until_us: int | None = None
    keys: Sequence[bytes | None] | None = None
    bodies: Sequence[bytes] | None = None
    refused: Sequence[DeadLetter] = ()
    astray: NDArray[np.bool_] | None = None

    def received(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when the payloads at some places reached us (µs)."""
        return np.full(len(places), self.received_us, np.int64) if isinstance(self.received_us, int) else self.received_us[places]

    def offsets(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the offsets of the payloads at some places."""
        return self.offset + places if isinstance(self.offset, int) else self.offset[places]


@dataclass(frozen=True)
class Absorbed:
    """What a batch did.

    Attributes:
        tables: Facts and changes by the journal's table names; empty ones are left out.
        counters: read, accepted, duplicates, conflicts, dead_letters, skipped, late, unknown_fields, rows_read, and ``dead:<reason>``.
        earliest, latest: Range of the accepted events' times (µs), None where there was none.
    """

    tables: Mapping[str, pa.Table]
    counters: Mapping[str, int]
    earliest: int | None
    latest: int | None


@dataclass
class Partition:
    """The state of one partition and all that is needed to absorb a batch.

    Attributes:
        newest: Feed → the greatest event time seen (µs).
        deepest: How many rows of a chain are walked back at most before it gets a run; 0 stands for the map's ``max_events``.
        judge: The rules; None = none.
    """

    lexicon: Lexicon
    state: State
    con: duckdb.DuckDBPyConnection
    newest: dict[str, int] = field(default_factory=dict)
    deepest: int = 0
    judge: Judge | None = None

    def __post_init__(self) -> None:
        """Begin without runs: they are built when a walk gets too deep."""
        self.runs = Runs(self.lexicon)
        self._restored = np.empty(0, bool)  # by chain, whether rows of it were restored
        self._intervals: list[pa.Table] = []
        self._settled = self.state.rows.size
        self._waiting: list[Change] = []
        self._unjudged, self._judging = self.state.rows.size, True

    @property
    def journey_map(self) -> JourneyMap:
        """The map that all batches of this partition are read with."""
        return self.lexicon.journey_map

    def absorb(self, batch: Batch, *, judge: bool = True) -> Absorbed:
        """Read a batch: decode, identify, append to the state, rebuild what it touches, judge that.

        Where it is not to be judged, ``judge_waiting`` must follow some time: results are the same, and small batches are judged together for less.
        """
        self._judging = judge
        decoded = decode(batch.payloads if batch.bodies is None else batch.bodies, strict=batch.strict, refused=batch.refused)
        table = extract(self.con, decoded)
        limit = batch.received(numbers(table["place"])) + self.journey_map.max_ahead_us
        table, ahead = _apart(table, numbers(table["time_us"]) > limit, "time_in_future", _AHEAD)
        sense, who = self._identified(table)
        nobody = who.nobody
        table, nameless = _apart(table, nobody, "no_identity", "neither customer_id nor identifiers")
        known = len(table)
        if batch.until_us is not None:
            table = table.filter(array(numbers(table["time_us"]) <= batch.until_us))
        if len(table) < len(nobody):
            sense, who = self._identified(table)
        counters = {"unknown_fields": decoded.unknown_fields, "skipped": known - len(table)}
        if batch.keys is not None:
            counters["misplaced"] = _misplaced(batch.keys, batch.astray, table, who)
        return self._rebuild(batch, table, sense, who, [*decoded.dead, *ahead, *nameless], counters)

    @property
    def waiting(self) -> int:
        """How many rows changed that were not judged yet."""
        return sum(len(change) for change in self._waiting)

    @property
    def unjudged(self) -> int:
        """From which place on rows were not judged yet; as many as there are rows where all were."""
        return self._unjudged if self._waiting else self.state.rows.size

    def judge_waiting(self) -> pa.Table | None:
        """Judge what was not judged yet; return how intervals changed, None where they did not."""
        waiting, self._waiting, self._unjudged = self._waiting, [], self.state.rows.size
        if self.judge is None or not waiting:
            return None
        return self.judge.judge(self.con, self.state, together(waiting))

    def await_judgement(self, place: int) -> None:
        """Let all rows from a place on, that were restored, be judged some time, with all that they may have changed. ``settle`` must come first."""
        if self.judge is not None and place < self.state.rows.size:
            places = self.state.places_of(np.unique(self.state.rows.rows["chain"][place : self.state.rows.size]))
            lost = self.state.marks.rows["lost"][places] != 0
            self._waiting, self._unjudged = [Change(places[~lost], places[lost])], place

    def restore(self, table: pa.Table) -> None:
        """Put stored facts (``touchpoints`` or ``operations``) back into the state, as if they had been absorbed; no change comes of it.

        ``settle`` must follow before the next batch.
        """
        sense = self.lexicon.encode_senses(table)
        rows = encode(table, sense, facts.identified(table), numbers(table["late"]), numbers(table["key"]), self.lexicon, self.state)
        places = self.state.append(rows, whole(table["event_id"]))
        self.runs = Runs(self.lexicon)
        if self.judge is not None:
            keep_extras(table, places, self.lexicon, self.state)
            self._restored = np.append(self._restored, np.zeros(self.state.chains.size - len(self._restored), bool))
            self._restored[rows["chain"]] = True

    def restore_intervals(self, table: pa.Table) -> None:
        """Put changes of intervals back, in the order of their commits. ``settle`` must follow."""
        if self.judge is not None and len(table):
            self._intervals.append(table)

    def settle(self) -> None:
        """Make the state what it would be had all that was restored been absorbed."""
        if self.judge is not None and len(self._restored):
            chains = np.flatnonzero(self._restored).astype(np.int32)
            settle_rows(chains, self._settled, self.judge.wanted(), self.state, self.lexicon)
        if self._intervals:
            settle_intervals(self.con, self._intervals, self.state, self.lexicon)
        self._restored, self._intervals, self._settled = np.empty(0, bool), [], self.state.rows.size

    def watch(self, watched: int) -> None:
        """Link stored rows anew where the rules see more roles than those (bits) that they were linked for."""
        if self.judge is not None and self.judge.watched & ~watched:
            relink(self.judge.wanted(), self.state)

    def rejudge(self, known: Mapping[str, str]) -> Iterator[pa.Table]:
        """Yield how intervals change where rules are others than those (name → digest) that they were made by."""
        if self.judge is not None:
            yield from self.judge.rejudge(self.con, self.state, known)

    def _identified(self, table: pa.Table) -> tuple[NDArray[np.int32], Identified]:
        sense = self.lexicon.encode_senses(table)
        return sense, identify(table, self.lexicon.sense_table()["roles"][sense], self.journey_map)

    def _late(self, time: NDArray[np.int64], feed: str) -> NDArray[np.bool_]:
        """Return which events lie below the running maximum of their feed's earlier ones, minus lateness."""
        before = self.newest.get(feed, NEVER)
        running = np.maximum.accumulate(np.append(np.int64(before), time))
        if len(time):
            self.newest[feed] = int(running[-1])
        earlier, lateness = running[:-1], self.journey_map.lateness_us
        return np.asarray((earlier != NEVER) & (time < np.maximum(earlier, NEVER + lateness) - lateness))

    def _rebuild(
        self, batch: Batch, table: pa.Table, sense: NDArray[np.int32], who: Identified, dead: list[DeadLetter], counters: dict[str, int]
    ) -> Absorbed:
        """Find copies, append the rest to the state, and say what changed."""
        key, late = facts.keys(table, who), self._late(numbers(table["time_us"]), batch.feed)
        fresh = encode(table, sense, who, late, key, self.lexicon, self.state)
        old, places, read = self._gathered(fresh)
        rows = joined([old, fresh])
        order = ordered(rows)
        kept, first = ~order.copy[len(old) :], order.first[len(old) :]
        new = Fresh(table, who, rows, len(old), order, self.runs.holds(rows["chain"]))
        changed, view, winners = walked_changes(new, places, self.state, self.lexicon)
        at = self.state.append(fresh, whole(table["event_id"]), kept)
        stored = np.concatenate([places, at])
        seen = [Seen(view, stored[winners], np.empty(0, np.int64))]
        if new.long.any():
            more, summed, rebuilt = long_changes(new, stored, self.runs, self.state, self.lexicon)
            changed, read = {name: pa.concat_tables([changed[name], more[name]]) for name in changed}, read + summed
            seen.append(rebuilt)
        if self.judge is not None:
            keep_extras(table, at, self.lexicon, self.state)
            changed |= self._judged(self.judge, stored, order, at[kept], seen)
        counters |= {"read": len(batch.payloads), "accepted": int(first.sum()), "duplicates": int((~first).sum())}
        counters |= {"conflicts": int((kept & ~first).sum()), "late": int((late & first).sum()), "rows_read": read, **_deaths(dead)}
        tables = {**facts.tables(batch, table, who, key, order.disputed[len(old) :], late, kept), **facts.dead_letters(batch, dead), **changed}
        span = (int(fresh["time"].min()), int(fresh["time"].max())) if len(fresh) else (None, None)
        return Absorbed({name: rows for name, rows in tables.items() if len(rows)}, counters, *span)

    def _judged(self, judge: Judge, stored: NDArray[np.int64], order: Ordered, fresh: NDArray[np.int64], seen: list[Seen]) -> dict[str, pa.Table]:
        """Mark and link what came, and return how intervals changed by it."""
        lost = np.ones(len(stored), bool)
        lost[order.order] = False
        fewer = lose(stored[lost & (stored >= 0)], self.state)
        begin, linked = self.state.rows.size - len(fresh), self.state.links.size  # rows that are kept get places one after another
        link(begin + np.flatnonzero(self.state.marks.rows["lost"][begin : self.state.rows.size] == 0), judge.wanted(), self.state)
        marked = np.concatenate([mark(each, self.state, self.lexicon, begin) for each in seen])
        self._settled = self.state.rows.size
        self._waiting.append(Change(marked, fewer, (begin, self.state.rows.size), (linked, self.state.links.size)))
        found = self.judge_waiting() if self._judging else None
        return {} if found is None else {"intervals": found}

    def _gathered(self, fresh: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.int64], int]:
        """Return the stored rows that these can change or copy, with their places, and how many rows were read.

        Of chains that have a run, or get one because they are too deep to be walked, only rows with the keys of new ones are read here.
        """
        gaps = self.lexicon.sense_table()["gap"]
        long = self.runs.holds(fresh["chain"])
        touched = touched_by(fresh.compress(~long) if long.any() else fresh, gaps)
        rows, places, deep = gather(self.state, touched, gaps, deepest=self.deepest or self.journey_map.max_events)
        read = len(rows)
        if len(deep):
            walked = ~np.isin(rows["chain"], deep)
            rows, places = rows.compress(walked), places[walked]
            read += self.runs.build(self.state, deep)
        found = self.runs.index.find(fresh["key"][self.runs.holds(fresh["chain"])]) if self.runs.held else places[:0]
        return joined([rows, self.state.rows.rows.take(found)]), np.concatenate([places, found]), read + len(found)


_AHEAD = "later than received_at + max_ahead"


def _apart(table: pa.Table, wrong: NDArray[np.bool_], reason: str, detail: str) -> tuple[pa.Table, list[DeadLetter]]:
    """Return the rows that are not wrong, and the others as dead letters."""
    if not wrong.any():
        return table, []
    places: list[int] = numbers(table["place"])[wrong].tolist()
    return table.filter(array(~wrong)), [DeadLetter(place, reason, detail) for place in places]


def _misplaced(keys: Sequence[bytes | None], astray: NDArray[np.bool_] | None, table: pa.Table, who: Identified) -> int:
    """Return how many events came under another key than their customer, or, of backstage work, their flow, or in another partition than that key's.

    House events may have any key.
    """
    flow = pc.coalesce(table["correlation_id"], table["causation_id"])
    wanted = pc.if_else(pa.array(who.kind == OPERATION), flow, who.customer).cast(pa.binary())
    given = pa.array(keys, pa.binary()).take(table["place"])
    same = np.asarray(pc.equal(wanted, given).fill_null(False).to_numpy(zero_copy_only=False), bool)
    if astray is not None:
        same &= ~astray[numbers(table["place"])]
    return int((np.asarray(wanted.is_valid().to_numpy(zero_copy_only=False), bool) & ~same).sum())


def _deaths(dead: Sequence[DeadLetter]) -> dict[str, int]:
    counts = {"dead_letters": len(dead)}
    for letter in dead:
        counts[f"dead:{letter.reason}"] = counts.get(f"dead:{letter.reason}", 0) + 1
    return counts
