"""One batch, from raw bytes to changes: the step that the embedded run and the workers share.

A ``Partition`` holds the state of one partition. ``absorb`` reads a batch and returns what it did; no result but history depends on how events were cut into batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines import facts
from pipelines.changes import Dropped, View, appended, compared, joined, view
from pipelines.decode import DeadLetter, Decoded, decode
from pipelines.digest import digests
from pipelines.emit import Names, journeys_table, steps_table
from pipelines.gather import Touched, gather, reach_of
from pipelines.identify import Identified, identify
from pipelines.lexicon import Lexicon
from pipelines.long_chains import touched_spans, view_of
from pipelines.order import Ordered, ordered, starts_of
from pipelines.runs import Runs
from pipelines.state import ABSENT, ACTOR_KIND_SHIFT, ANONYMOUS, CASE, GAP, KIND, LATE, LIFECYCLE_SHIFT, ROW, State
from pipelines.symbols import distinct_strings
from pipelines.table import extract
from schemas.journey_map import JourneyMap

NEVER = int(np.iinfo(np.int64).min)
_LIFECYCLE = {"queued": 1, "started": 2, "completed": 3}
_ACTOR = {"human": 1, "machine": 2, "customer": 3}


@dataclass(frozen=True)
class Batch:
    """Payloads of one feed in the order of arrival.

    Attributes:
        payloads: Raw bytes.
        feed: The journal's name of the source: running maxima are kept a feed.
        received_us: When they reached us (µs).
        offset: The offset of the first; the others follow.
        strict: Refuse unknown fields.
        until_us: Events after this instant (µs) are skipped and counted; what breaks the contract is a dead letter all the same.
    """

    payloads: Sequence[bytes]
    feed: str
    received_us: int
    offset: int = 0
    strict: bool = False
    until_us: int | None = None


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
    """

    lexicon: Lexicon
    state: State
    con: duckdb.DuckDBPyConnection
    newest: dict[str, int] = field(default_factory=dict)
    deepest: int = 0

    def __post_init__(self) -> None:
        """Begin without runs: they are built when a walk gets too deep."""
        self.runs = Runs(self.lexicon)

    @property
    def journey_map(self) -> JourneyMap:
        """The map that all batches of this partition are read with."""
        return self.lexicon.journey_map

    def absorb(self, batch: Batch) -> Absorbed:
        """Read a batch: decode, identify, append to the state, rebuild what it touches."""
        decoded = decode(batch.payloads, strict=batch.strict)
        table, refused = self._refuse(extract(self.con, decoded), batch)
        sense = self.lexicon.encode_senses(table)
        who = identify(table, self.lexicon.sense_table()["roles"][sense], self.journey_map)
        if who.nobody.any():
            refused += [DeadLetter(int(p), "no_identity", "neither customer_id nor identifiers") for p in table["place"].filter(pa.array(who.nobody)).to_pylist()]
        wanted = ~who.nobody & _until(table, batch.until_us)
        skipped = len(wanted) - int(wanted.sum()) - int(who.nobody.sum())
        if not wanted.all():
            table, sense = table.filter(pa.array(wanted)), sense[wanted]
            who = identify(table, self.lexicon.sense_table()["roles"][sense], self.journey_map)
        late = self._late(np.asarray(table["time_us"].to_numpy()), batch.feed)
        absorbed = self._rebuild(batch, decoded, table, sense, who, late, [*decoded.dead, *refused])
        return replace(absorbed, counters={**absorbed.counters, "skipped": skipped})

    def restore(self, table: pa.Table) -> None:
        """Put stored facts (``facts.stored``) back into the state, as if they had been absorbed; no change comes of it."""
        sense = self.lexicon.encode_senses(table)
        who = facts.identified(table)
        rows = self._rows(table, sense, who, np.asarray(table["late"].to_numpy(zero_copy_only=False)), np.asarray(table["key"].to_numpy()))
        self.state.append(rows, table["event_id"].combine_chunks())

    def _refuse(self, table: pa.Table, batch: Batch) -> tuple[pa.Table, list[DeadLetter]]:
        """Take out what lies in the future of its receipt."""
        limit = batch.received_us + self.journey_map.max_ahead_us
        ahead = np.asarray(table["time_us"].to_numpy()) > limit
        if not ahead.any():
            return table, []
        dead = [DeadLetter(int(place), "time_in_future", "later than received_at + max_ahead") for place in table["place"].filter(pa.array(ahead)).to_pylist()]
        return table.filter(pa.array(~ahead)), dead

    def _late(self, time: NDArray[np.int64], feed: str) -> NDArray[np.bool_]:
        """Return which events lie below the running maximum of their feed's earlier ones, minus lateness."""
        before = self.newest.get(feed, NEVER)
        running = np.maximum.accumulate(np.r_[np.int64(before), time])
        self.newest[feed] = int(running[-1])
        return (running[:-1] != NEVER) & (time < np.maximum(running[:-1], NEVER + self.journey_map.lateness_us) - self.journey_map.lateness_us)

    def _rows(self, table: pa.Table, sense: NDArray[np.int32], who: Identified, late: NDArray[np.bool_], key: NDArray[np.uint64]) -> NDArray[np.void]:
        """Return the state's rows of some events, in their order; links are set when they are appended."""
        rows = np.zeros(len(table), ROW)
        rows["time"], rows["key"], rows["content"] = table["time_us"].to_numpy(), key, table["content"].to_numpy()
        for column, name, absent in (("sequence", "sequence", 0), ("wait", "wait_ms", ABSENT), ("service", "service_ms", ABSENT), ("money", "money_minor", 0)):
            rows[column] = table[name].fill_null(absent).to_numpy()
        rows["correlation"] = self._correlations(table["correlation_id"])
        rows["chain"] = self.state.find_all(*facts.chains(table, who))
        rows["sense"], rows["facts"] = sense, self.lexicon.encode_facts(table)
        for column, symbols, name in (("site", self.lexicon.sites, "site"), ("actor", self.lexicon.actors, "actor_id"), ("team", self.lexicon.teams, "team"), ("source", self.lexicon.sources, "source")):
            rows[column] = symbols.encode(table[name])
        rows["money_kind"] = self.lexicon.monies.encode(facts.money_kinds(table))
        life, actor = _coded(table["lifecycle"], _LIFECYCLE), _coded(table["actor_kind"], _ACTOR)
        rows["flags"] = who.kind | life << LIFECYCLE_SHIFT | actor << ACTOR_KIND_SHIFT | late * LATE | who.anonymous * ANONYMOUS
        return rows

    def _correlations(self, column: pa.ChunkedArray) -> NDArray[np.uint64]:
        if column.null_count == len(column):
            return np.zeros(len(column), np.uint64)
        places, distinct = distinct_strings(column)
        return np.r_[digests(map(str.encode, distinct)), np.uint64(0)][places]

    def _rebuild(
        self, batch: Batch, decoded: Decoded, table: pa.Table, sense: NDArray[np.int32], who: Identified, late: NDArray[np.bool_], dead: list[DeadLetter]
    ) -> Absorbed:
        key = facts.keys(table, who)
        fresh = self._rows(table, sense, who, late, key)
        old, places, read = self._gathered(fresh)
        rows = np.concatenate([old, fresh])
        order = ordered(rows)
        kept = ~order.copy[len(old) :]
        new = Fresh(table, who, rows, len(old), order, self.runs.holds(rows["chain"]))
        changed = self._changes(new, places)
        at = np.full(len(fresh), -1, np.int64)
        at[kept] = self.state.append(fresh[kept], table["event_id"].filter(pa.array(kept)).combine_chunks())
        if new.long.any():
            more, summed = self._long_changes(new, np.r_[places, at])
            changed, read = {name: pa.concat_tables([changed[name], more[name]]) for name in changed}, read + summed
        counters = _counters(batch, decoded, order, len(old), kept, late, dead, read)
        tables = {**facts.tables(batch, table, who, key, order.disputed[len(old) :], late, kept), **facts.dead_letters(batch, dead), **changed}
        time = fresh["time"]
        return Absorbed({name: t for name, t in tables.items() if len(t)}, counters, *((int(time.min()), int(time.max())) if len(time) else (None, None)))

    def _gathered(self, fresh: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.int64], int]:
        """Return the stored rows that these can change or copy, with their places, and how many rows were read.

        Of chains that have a run, or get one because they are too deep to be walked, only rows with the keys of new ones are read here.
        """
        order = np.lexsort((fresh["time"], fresh["chain"]))
        first = order[starts_of(fresh["chain"][order])] if len(fresh) else order
        first = first[~self.runs.holds(fresh["chain"][first])]
        reach = reach_of(fresh["flags"][first] & KIND, self.journey_map.largest_gap_us)
        rows, places, deep = gather(self.state, Touched(fresh["chain"][first], fresh["time"][first], reach), deepest=self.deepest or self.journey_map.max_events)
        read = len(rows)
        if len(deep):
            walked = ~np.isin(rows["chain"], deep)
            rows, places = rows[walked], places[walked]
            read += self.runs.build(self.state, deep)
        found = self.runs.index.find(fresh["key"][self.runs.holds(fresh["chain"])])
        return np.concatenate([rows, self.state.rows.rows.take(found)]), np.concatenate([places, found]), read + len(found)

    def _changes(self, new: Fresh, places: NDArray[np.int64]) -> dict[str, pa.Table]:
        """Rebuild what is touched of chains that were walked, and return what that changes."""
        rows, old, order = new.rows, new.old, new.order
        names = Names.of(rows["chain"][old:], new.table, new.who, places, self.state)
        winners = order.order[((rows["flags"][order.order] & KIND) <= GAP) & ~new.long[order.order]]
        after = view(rows[winners], self.lexicon, names.journey_ids)
        simple = _simple(after, winners, old, order)
        journeys, steps = appended(after, winners >= old, simple)
        drops = Dropped(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
        if not simple.all():
            entangled = np.isin(rows["chain"][:old], after.rows["chain"][~simple])
            stored = rows[:old][entangled]
            before = view(stored[ordered(stored).order], self.lexicon, names.journey_ids)
            more_journeys, more_steps, drops = compared(before, after, ~simple, self.lexicon)
            journeys, steps = joined(journeys, more_journeys), joined(steps, more_steps)
        return {
            "journeys": journeys_table(after, journeys, drops, self.lexicon, names),
            "steps": steps_table(after, steps, drops, self.lexicon, names, winners),
        }

    def _long_changes(self, new: Fresh, places: NDArray[np.int64]) -> tuple[dict[str, pa.Table], int]:
        """Put new events into their runs and return what that changes, and how many rows were read. ``places``: of all rows, in the state; -1 if not kept."""
        rows, long = new.rows, new.long
        kept = long & (places >= 0)
        kept[: new.old] = False
        self.runs.index.add(rows["key"][kept], places[kept])
        winner = np.zeros(len(rows), bool)
        winner[new.order.order] = True
        inserted = new.order.order[(new.order.order >= new.old) & long[new.order.order]]
        gone = places[: new.old][(long & ~winner)[: new.old]]
        spans = touched_spans(self.runs, rows[inserted], places[inserted], gone, self.journey_map.max_events)
        names = Names.of(rows["chain"][new.old :], new.table, new.who, np.empty(0, np.int64), self.state)
        before, after = (view_of(these, self.state, self.lexicon, names) for these in spans)
        journeys, steps, drops = compared(before, after, np.ones(len(after.rows), bool), self.lexicon)
        shown = replace(names, places=spans[1].places)
        tables = {
            "journeys": journeys_table(after, journeys, drops, self.lexicon, shown),
            "steps": steps_table(after, steps, drops, self.lexicon, shown, np.arange(len(after.rows))),
        }
        return tables, len(before.rows) + len(after.rows)


@dataclass(frozen=True)
class Fresh:
    """A batch beside the stored rows that it meets.

    Attributes:
        table: The new events, and who they are about.
        rows: Stored rows, then the new ones (records of ``ROW``).
        old: How many of them are stored.
        order: Their order and the copies among them.
        long: Which rows are of chains that have a run.
    """

    table: pa.Table
    who: Identified
    rows: NDArray[np.void]
    old: int
    order: Ordered
    long: NDArray[np.bool_]


def _until(table: pa.Table, until_us: int | None) -> NDArray[np.bool_]:
    """Return which events lie not after an instant."""
    return np.ones(len(table), bool) if until_us is None else np.asarray(table["time_us"].to_numpy()) <= until_us


def _coded(column: pa.ChunkedArray, codes: Mapping[str, int]) -> NDArray[np.uint32]:
    if column.null_count == len(column):
        return np.zeros(len(column), np.uint32)
    places, distinct = distinct_strings(column)
    return np.array([*(codes[name] for name in distinct), 0], np.uint32)[places]


def _simple(after: View, winners: NDArray[np.int64], old: int, order: Ordered) -> NDArray[np.bool_]:
    """Return which rows belong to chains where all that is new came behind all that was stored, undisputed, and no journey is oversized."""
    rows, new = after.rows, winners >= old
    if not len(rows):
        return np.ones(0, bool)
    chain = np.cumsum(starts_of(rows["chain"])) - 1
    wrong = order.disputed[winners] & new | ~after.shown[after.steps.journey]
    wrong[1:] |= new[:-1] & ~new[1:] & (chain[1:] == chain[:-1])
    return ~np.isin(chain, chain[wrong])


def _counters(
    batch: Batch, decoded: Decoded, order: Ordered, old: int, kept: NDArray[np.bool_], late: NDArray[np.bool_], dead: Sequence[DeadLetter], read: int
) -> dict[str, int]:
    accepted = int(order.first[old:].sum())
    counters = {
        "read": len(batch.payloads),
        "accepted": accepted,
        "duplicates": len(kept) - accepted,
        "conflicts": int(kept.sum()) - accepted,
        "dead_letters": len(dead),
        "late": int((late & order.first[old:]).sum()),
        "unknown_fields": decoded.unknown_fields,
        "rows_read": read,
    }
    for letter in dead:
        counters[f"dead:{letter.reason}"] = counters.get(f"dead:{letter.reason}", 0) + 1
    return counters
