"""Long chains: what new events change in chains that have a run. Only journeys that can change are read; one that is oversized is only summed up."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.changes import View, compared
from pipelines.emit import Names, journeys_table, steps_table
from pipelines.fresh import Fresh
from pipelines.judge.marks import Seen
from pipelines.kernel import Journeys, Steps, rebuild
from pipelines.lexicon import FACTS, Lexicon
from pipelines.order import starts_of
from pipelines.records import joined
from pipelines.runs import RUN, Runs, Tails, is_terminal, merged, narrow, settle
from pipelines.state import ABSENT, HOUSE, KIND, State

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
_SUMMED = 1 + len(FACTS)  # rows that stand for an oversized journey: its first, and those that name its latest facts


@dataclass(frozen=True)
class Spans:
    """Some journeys of runs.

    Attributes:
        first: Place in the state of each one's first row.
        count: How many rows it has.
        last: Its last row (a record of ``RUN``), which sums it up.
        places: Places in the state of all rows of those that show steps, journey by journey.
    """

    first: Places
    count: Places
    last: NDArray[np.void]
    places: Places


def touched_spans(runs: Runs, rows: NDArray[np.void], places: Places, gone: Places, most: int) -> tuple[Spans, Spans]:
    """Put new events into the runs of their chains, and return the journeys that this can have changed, before and after.

    Args:
        runs: They are changed.
        rows: The new events that count (records of ``ROW``), in the total order of their chains.
        places: Where they stand in the state.
        gone: Places of stored rows that count no more, since one of the new rows is a copy that wins over them.
        most: Events of the largest journey that shows steps.
    """
    shown = rows["flags"] & KIND < HOUSE
    rows, places = rows.compress(shown), places[shown]
    begin = np.flatnonzero(starts_of(rows["chain"]))
    chains, since = rows["chain"][begin].tolist(), rows["time"][begin].tolist()
    if not chains:
        none = Spans(places, places, np.empty(0, RUN), places)
        return none, none
    before = runs.tails(chains, since)
    lost = np.isin(before.rows["place"], gone) if len(gone) else np.zeros(len(before.rows), bool)
    after, was = merged(before, lost, narrow(rows, places), np.repeat(np.arange(len(chains)), np.diff(np.r_[begin, len(rows)])))
    settle(after, runs.lexicon)
    old, new = _affected(before, lost, after, was)
    spans_before = _spans(runs, chains, before, old, most)
    runs.replace(chains, after)
    return spans_before, _spans(runs, chains, after, new, most)


def _affected(before: Tails, lost: Flags, after: Tails, was: Places) -> tuple[Flags, Flags]:
    """Return the last rows of the journeys, before and after, that differ or may differ."""
    journey_before, journey_after = _numbers(before), _numbers(after)
    stayed, home = np.flatnonzero(was >= 0), was[was >= 0]
    turned = np.zeros(len(was), bool)
    turned[stayed] = before.rows["start"][home] != after.rows["start"][stayed]
    touched = (was < 0) | turned
    old, new = np.zeros(len(journey_before) + 1, bool), np.zeros(len(journey_after) + 1, bool)
    new[journey_after[touched]] = True
    old[journey_before[lost]] = True
    for _ in range(2):  # from what is new to what it was made of, and to what else that became: a journey that lost its end, for one
        old[journey_before[home[new[journey_after[stayed]]]]] = True
        new[journey_after[stayed[old[journey_before[home]]]]] = True
    return old[journey_before] & _ends(journey_before), new[journey_after] & _ends(journey_after)


def _numbers(tails: Tails) -> Places:
    return np.cumsum(tails.rows["start"] | starts_of(tails.owner)) - 1


def _ends(journey: Places) -> Flags:
    return starts_of(journey[::-1])[::-1]


def _spans(runs: Runs, chains: list[int], tails: Tails, chosen: Flags, most: int) -> Spans:
    """Return the journeys whose last rows are chosen."""
    last, at, owner = tails.rows[chosen], tails.at[chosen], tails.owner[chosen]
    count = at - last["first"] + 1
    first, places = np.empty(len(last), np.int64), [np.empty(0, np.int64)]
    for number, (run, begin, end) in enumerate(zip(owner.tolist(), last["first"].tolist(), at.tolist(), strict=True)):
        held = runs.held[chains[run]].rows["place"]
        first[number] = held[begin]
        if end - begin < most:
            places.append(held[begin : end + 1])
    return Spans(first, count, last, np.concatenate(places))


def long_changes(new: Fresh, places: Places, runs: Runs, state: State, lexicon: Lexicon) -> tuple[dict[str, pa.Table], int, Seen]:
    """Put new events into their runs; return what that changes, as the journal's ``journeys`` and ``steps``, how many rows were read, and which.

    Args:
        new: The events, beside the stored rows that have their keys.
        places: Where all these stand in the state, which holds the new ones already; -1 for those that were not kept.
        runs: They are changed.
        state: Of the same partition.
        lexicon: What codes mean.
    """
    rows, winner = new.rows, np.zeros(len(new.rows), bool)
    winner[new.order.order] = True
    fresh = np.arange(len(rows)) >= new.old
    kept = new.long & fresh & (places >= 0)
    runs.index.add(rows["key"][kept], places[kept])
    inserted = new.order.order[(new.long & fresh)[new.order.order]]
    gone = places[new.long & ~fresh & ~winner]
    spans = touched_spans(runs, rows.take(inserted), places[inserted], gone, lexicon.journey_map.max_events)
    names = Names.of(rows["chain"][new.old :], new.table, new.who, np.empty(0, np.int64), state)
    before, after = (view_of(these, state, lexicon, names) for these in spans)
    journeys, steps, drops = compared(before, after, np.ones(len(after.rows), bool), lexicon)
    shown = replace(names, places=spans[1].places)
    tables = {
        "journeys": journeys_table(after, journeys, drops, lexicon, shown),
        "steps": steps_table(after, steps, drops, lexicon, shown, np.arange(len(after.rows))),
    }
    return tables, len(before.rows) + len(after.rows), Seen(after, spans[1].places, spans[0].places)


def view_of(spans_: Spans, state: State, lexicon: Lexicon, names: Names) -> View:
    """Return journeys of runs as the rebuild shows them: those that show steps from their rows, the others from their sums."""
    shown = spans_.count <= lexicon.journey_map.max_events
    whole = state.rows.rows.take(spans_.places)
    start = np.zeros(len(whole), bool)
    start[np.cumsum(spans_.count[shown]) - spans_.count[shown]] = True
    journeys, steps = rebuild(whole, lexicon, start)
    summed, few = _summed(spans_, ~shown, state, lexicon, len(whole))
    rows = joined([whole, few])
    number = np.repeat(np.arange(len(summed.first)) + len(journeys.first), _SUMMED)
    both = _both(journeys, summed)
    ids = names.journey_ids(rows, both)
    return View(rows, both, _padded(steps, number), ids, np.repeat([True, False], [len(journeys.first), len(summed.first)]))


def _summed(spans_: Spans, big: Flags, state: State, lexicon: Lexicon, offset: int) -> tuple[Journeys, NDArray[np.void]]:
    """Sum up oversized journeys, and return the few rows that stand for them."""
    last = spans_.last[big]
    first = np.arange(len(last)) * _SUMMED + offset
    places = np.column_stack([spans_.first[big], np.where(last["named"] >= 0, last["named"], spans_.first[big][:, None])])
    journeys = Journeys(
        first=first,
        count=spans_.count[big],
        ended=last["ended"],
        variant=np.zeros(len(last), np.uint64),
        closed=is_terminal(last, lexicon),
        late=last["late"],
        known=last["known"] > 0,
        facts_at=np.where(last["named"] >= 0, first[:, None] + 1 + np.arange(len(FACTS)), -1),
    )
    return journeys, state.rows.rows.take(places.ravel())


def _both(one: Journeys, other: Journeys) -> Journeys:
    return Journeys(**{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in (field.name for field in fields(Journeys))})


def _padded(steps: Steps, journey: Places) -> Steps:
    """Append rows that show no step and belong to these journeys."""
    filled = {name: np.full(len(journey), ABSENT, getattr(steps, name).dtype) for name in (field.name for field in fields(Steps))}
    filled |= {"journey": journey, "waiting": np.zeros(len(journey), bool), "calendar": np.zeros(len(journey), np.int64)}
    return Steps(**{name: np.concatenate([getattr(steps, name), filled[name]]) for name in filled})
