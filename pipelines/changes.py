"""Changes: what a batch did to journeys and steps, as tables of puts and drops (design §8). Only what changed is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.kernel import Journeys, Steps, rebuild
from pipelines.lexicon import Lexicon

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """Some chains' rows in total order and what the rebuild makes of them.

    Attributes:
        rows: Records of ``ROW``.
        ids: The id of each journey, as 64 bits.
        shown: Which journeys show steps: all that are not oversized.
    """

    rows: NDArray[np.void]
    journeys: Journeys
    steps: Steps
    ids: NDArray[np.uint64]
    shown: Flags


@dataclass(frozen=True)
class Chosen:
    """Which elements of a view are written, and whether each stood in the mart before."""

    at: Places
    existed: Flags


@dataclass(frozen=True)
class Dropped:
    """What must go: journeys by id, steps by (id, position)."""

    journeys: NDArray[np.uint64]
    step_journeys: NDArray[np.uint64]
    step_positions: Places


def view(rows: NDArray[np.void], lexicon: Lexicon, identify: Callable[[NDArray[np.void], Journeys], NDArray[np.uint64]]) -> View:
    """Rebuild rows. ``identify(rows, journeys)`` gives the ids of journeys."""
    journeys, steps = rebuild(rows, lexicon)
    ids = identify(rows, journeys)
    return View(rows, journeys, steps, ids, journeys.count <= lexicon.journey_map.max_events)


def appended(after: View, new: Flags, simple: Flags) -> tuple[Chosen, Chosen]:
    """Return journeys and steps to write where all that is new stands at the end of its chain. ``simple``: rows of such chains."""
    touched = new & simple
    total = np.add.reduceat(touched.astype(np.int64), after.journeys.first) if len(after.rows) else np.empty(0, np.int64)
    at = np.flatnonzero(total)
    steps = np.flatnonzero(touched)
    return Chosen(at, after.journeys.count[at] > total[at]), Chosen(steps, np.zeros(len(steps), bool))


def compared(before: View, after: View, among: Flags, lexicon: Lexicon) -> tuple[Chosen, Chosen, Dropped]:
    """Return what to write and to drop in the other chains: ``before`` holds only those; ``among`` says which rows of ``after`` do."""
    was, became = partners(after.ids, before.ids), partners(before.ids, after.ids)
    whole = np.flatnonzero(among[after.journeys.first])
    journeys = _differing(whole, was[whole], _journey_columns, before, after, lexicon)
    shown = np.flatnonzero(among & after.shown[after.steps.journey])
    steps = _differing(shown, _same_steps(after, shown, was, before), _step_columns, before, after, lexicon)
    stood = np.flatnonzero(before.shown[before.steps.journey])
    gone = stood[_same_steps(before, stood, became, after) < 0]
    return journeys, steps, Dropped(before.ids[became < 0], before.ids[before.steps.journey[gone]], before.steps.position[gone])


def joined(one: Chosen, other: Chosen) -> Chosen:
    """Return both choices as one."""
    return Chosen(np.concatenate([one.at, other.at]), np.concatenate([one.existed, other.existed]))


def partners(ids: NDArray[np.uint64], others: NDArray[np.uint64]) -> Places:
    """Return for each id its place among the others, -1 where it has none. Each side is distinct.

    >>> partners(np.array([7, 5], np.uint64), np.array([4, 5, 6], np.uint64)).tolist()
    [-1, 1]
    """
    if not len(others):
        return np.full(len(ids), -1, np.int64)
    order = np.argsort(others)
    place = order[np.minimum(np.searchsorted(others[order], ids), len(others) - 1)]
    return np.where(others[place] == ids, place, -1)


def _same_steps(of: View, at: Places, partner: Places, other: View) -> Places:
    """Return for each of some rows of a view the place of the step of the same journey and position in another view, -1 where that shows none."""
    if not len(other.ids):
        return np.full(len(at), -1, np.int64)
    journey, position = partner[of.steps.journey[at]], of.steps.position[at]
    there = (journey >= 0) & other.shown[journey] & (position <= other.journeys.count[journey])
    return np.where(there, other.journeys.first[journey] + position - 1, -1)


_Columns = Callable[[View, Places, Lexicon], list[NDArray[Any]]]
"""What rows of a view show."""


def _differing(at: Places, partner: Places, columns: _Columns, before: View, after: View, lexicon: Lexicon) -> Chosen:
    """Return which of these are new or differ in any column from their partner before. ``partner``: of each of these."""
    existed = partner >= 0
    then, now = columns(before, partner[existed], lexicon), columns(after, at[existed], lexicon)
    same = np.ones(np.count_nonzero(existed), bool)
    for old, new in zip(then, now, strict=True):
        same &= old == new
    written = np.ones(len(at), bool)
    written[existed] = ~same
    return Chosen(at[written], existed[written])


def _step_columns(of: View, at: Places, lexicon: Lexicon) -> list[NDArray[Any]]:
    """All that step rows show, as numbers."""
    senses, steps, rows, before = lexicon.sense_table(), of.steps, of.rows.take(at), of.steps.previous[at]
    sense = senses.take(rows["sense"])
    previous = np.where(before >= 0, senses["type"][of.rows["sense"][before]], 0)
    shown = [sense[name] for name in ("type", "channel", "stage", "roles")]
    shown += [rows[name] for name in ("key", "site", "actor", "team", "money", "money_kind")]
    durations = (steps.since, steps.wait, steps.service, steps.desired, steps.adequate, steps.opener, steps.calendar)
    return [*shown, previous, *(column[at] for column in durations)]


def _journey_columns(of: View, at: Places, lexicon: Lexicon) -> list[NDArray[Any]]:
    """All that journey rows show, as numbers."""
    j, named = of.journeys, of.journeys.facts_at[at].T
    first = of.rows.take(j.first[at])
    facts = lexicon.fact_table()
    latest = [np.where(place >= 0, facts[of.rows["facts"][place], a], 0) for a, place in enumerate(named)]
    when = [np.where(place >= 0, of.rows[name][place], 0) for place in named for name in ("key", "sequence")]
    plain = [first["time"], first["key"], np.where(of.shown[at], j.variant[at], 0)]
    plain += [column[at] for column in (j.count, j.ended, j.closed, j.late, j.known)]
    return [*plain, *latest, *when, _waiting_marks(of, at, lexicon)]


_PRIMES = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


def _waiting_marks(of: View, journeys: Places, lexicon: Lexicon) -> NDArray[np.uint64]:
    """Return 64 bits that stand for the open waits of each of some journeys; 0 for none."""
    marks, asked = np.zeros(len(of.ids), np.uint64), np.zeros(len(of.ids), bool)
    asked[journeys] = of.shown[journeys]
    at = np.flatnonzero(of.steps.waiting & asked[of.steps.journey])
    sense = lexicon.sense_table().take(of.rows["sense"][at])
    shown = (of.steps.adequate[at], sense["stage"], sense["channel"])
    mixed = sum((np.uint64(prime) * column.astype(np.uint64) for prime, column in zip(_PRIMES, shown, strict=True)), of.rows["key"][at])
    np.add.at(marks, of.steps.journey[at], mixed)
    return marks[journeys]
