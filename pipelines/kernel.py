"""The kernel of the rebuild: rows in total order become journeys and steps (design §6), vectorised, without strings.

``pipelines/oracle`` says the same in SQL; tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.closed import among, closed, numbered
from pipelines.counted import calendar_number, elapsed
from pipelines.distinct import distinct, packed, unpacked
from pipelines.lexicon import FACTS, Lexicon
from pipelines.order import starts_of
from pipelines.pairs import first_in_first_out, still_open
from pipelines.state import ABSENT, ANONYMOUS, CASE, COMPLETED, KIND, LATE, LIFECYCLE_SHIFT, QUEUED, STARTED
from schemas.journey_map import JourneyMap
from schemas.roles import bit

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
TERMINAL = np.uint64(bit("terminal"))
_MS = 1000


@dataclass(frozen=True)
class Journeys:
    """One element a journey, in the order of their first rows.

    Attributes:
        first: Place of its first row; its rows follow one another.
        count: How many rows it has.
        ended: The greatest end (µs).
        variant: 64 bits of the sequence of types.
        closed: Whether its last event is terminal.
        late: How many of its events were late when they came.
        known: Whether any of its events names a person.
        facts: Latest codes of the reserved attributes and where they stand (place of the row, -1 for none), shape (n, 3) each.
    """

    first: NDArray[np.int64]
    count: NDArray[np.int64]
    ended: NDArray[np.int64]
    variant: NDArray[np.uint64]
    closed: NDArray[np.bool_]
    late: NDArray[np.int64]
    known: NDArray[np.bool_]
    facts_at: NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """One element a row, in total order. Durations in ms, ABSENT where there is none.

    Attributes:
        journey: Place of its journey in ``Journeys``.
        position: From 1.
        previous: Place of the previous row of the journey, -1 at the first.
        since: Time since the previous end.
        wait: Waiting of the step.
        service: Service of the step.
        desired: The zone of tolerance in force.
        adequate: The same.
        calendar: By which of the map's counting calendars the zone counts, from 1; 0 for none.
        waiting: Whether the row opened a wait that nothing has closed.
        opener: Position of the row whose wait it ends, ABSENT where it ends none; a measured wait may have one, too.
    """

    journey: NDArray[np.int64]
    position: NDArray[np.int64]
    previous: NDArray[np.int64]
    since: NDArray[np.int64]
    wait: NDArray[np.int64]
    service: NDArray[np.int64]
    desired: NDArray[np.int64]
    adequate: NDArray[np.int64]
    waiting: NDArray[np.bool_]
    opener: NDArray[np.int64]
    calendar: NDArray[np.int64]


def rebuild(rows: NDArray[np.void], lexicon: Lexicon, start: NDArray[np.bool_] | None = None) -> tuple[Journeys, Steps]:
    """Return the journeys and steps of rows.

    Args:
        rows: Records of ``ROW`` in the total order of their chains, without copies, only of chains that form journeys.
        lexicon: What their codes mean.
        start: Which rows begin a journey, where that is known already; then the rows need be whole journeys only, not whole chains.
    """
    sense = lexicon.sense_table().take(rows["sense"])
    start = journey_starts(rows, sense) if start is None else start
    first = np.flatnonzero(start)
    journey = np.cumsum(start) - 1
    end = rows["time"] + _MS * np.maximum(rows["service"], 0)
    carried = carried_facts(rows, lexicon, first[journey]) if len(rows) else np.empty((0, len(FACTS)), np.int64)
    return _journeys(rows, sense, first, end, carried), _steps(rows, sense, first, journey, end, carried, lexicon)


def journey_starts(rows: NDArray[np.void], sense: NDArray[np.void]) -> NDArray[np.bool_]:
    """Return which rows begin a journey: the first of a chain, and without a case the one after a terminal event or a gap."""
    start = starts_of(rows["chain"])
    start[1:] |= parted(rows["time"], sense, rows["flags"])
    return start


def parted(time: NDArray[np.int64], sense: NDArray[np.void], flags: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return for each row but the first whether a terminal event or a gap parts it from the one before it, which it does only without a case."""
    apart = (time[1:] - time[:-1] > sense["gap"][1:]) | (sense["roles"][:-1] & TERMINAL != 0)
    return np.asarray(apart & (flags[1:] & KIND != CASE))


def _journeys(
    rows: NDArray[np.void], sense: NDArray[np.void], first: NDArray[np.int64], end: NDArray[np.int64], carried: NDArray[np.int64]
) -> Journeys:
    if not len(rows):
        none, no = np.empty(0, np.int64), np.empty(0, bool)
        return Journeys(none, none, none, none.astype(np.uint64), no, none, no, np.empty((0, len(FACTS)), np.int64))
    last = np.r_[first[1:], len(rows)] - 1
    return Journeys(
        first=first,
        count=last - first + 1,
        ended=np.maximum.reduceat(end, first),
        variant=_variants(sense["mix"], first),
        closed=sense["roles"][last] & TERMINAL != 0,
        late=np.add.reduceat((rows["flags"] & LATE != 0).astype(np.int64), first),
        known=np.logical_or.reduceat(rows["flags"] & ANONYMOUS == 0, first),
        facts_at=carried[last],
    )


def _variants(mixes: NDArray[np.uint64], first: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash the sequence of types of each journey: a polynomial in 2⁶⁴ over numbers that stand for the types, and the length."""
    count = np.diff(np.r_[first, len(mixes)])
    position = np.arange(len(mixes)) - np.repeat(first, count)
    powers = np.cumprod(np.full(int(count.max()), _FACTOR, np.uint64))
    return np.asarray(np.add.reduceat(mixes * powers[position], first) ^ count.astype(np.uint64))


def carried_facts(rows: NDArray[np.void], lexicon: Lexicon, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each row the place of the latest row of its journey, up to it, that names each reserved attribute; -1 for none."""
    if not rows["facts"].any():
        return np.full((len(rows), len(FACTS)), -1, np.int64)
    named = lexicon.fact_table()[rows["facts"]] != 0
    latest = np.maximum.accumulate(np.where(named, np.arange(len(rows))[:, None], -1), axis=0)
    return np.where(latest >= first[:, None], latest, -1)


def _steps(
    rows: NDArray[np.void],
    sense: NDArray[np.void],
    first: NDArray[np.int64],
    journey: NDArray[np.int64],
    end: NDArray[np.int64],
    carried: NDArray[np.int64],
    lexicon: Lexicon,
) -> Steps:
    position = np.arange(len(rows)) - first[journey] + 1
    previous = np.where(position > 1, np.arange(len(rows)) - 1, -1)
    since = np.where(position > 1, np.maximum(rows["time"] - end[previous], 0) // _MS, ABSENT)
    shown = (np.diff(np.append(first, len(rows))) <= lexicon.journey_map.max_events)[journey]
    wait, service, waiting, opener = _durations(rows, sense, journey, shown, lexicon)
    desired, adequate, calendar = _zones(rows, sense, carried, wait, lexicon)
    opened_at = np.where(opener >= 0, position[opener], ABSENT) if len(rows) else opener
    return Steps(journey, position, previous, since, wait, service, desired, adequate, waiting, opened_at, calendar)


def _durations(
    rows: NDArray[np.void], sense: NDArray[np.void], journey: NDArray[np.int64], shown: NDArray[np.bool_], lexicon: Lexicon
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Return waiting, service, which rows opened a wait that is still open, and for each row the place of the one whose wait it ends, else -1.

    Waiting: measured, else queued → started, else the pair that the step closes. Service: measured, else started → completed.
    No pairs are sought where no steps are shown.
    """
    wait, service, waiting = rows["wait"].copy(), rows["service"].copy(), np.zeros(len(rows), bool)
    ended = np.full(len(rows), -1, np.int64)
    life = np.where(shown, rows["flags"] >> np.uint32(LIFECYCLE_SHIFT) & 3, 0)
    if life.any():
        alive = np.flatnonzero(life)
        group, queued, started = numbered(journey[alive], sense["type"][alive]), life[alive] == QUEUED, life[alive] == STARTED
        opener = first_in_first_out(group, queued, started)
        waiting[alive] = still_open(queued, opener)
        ended[alive] = among(alive, opener)
        _fill(wait, rows["time"], alive, ended[alive])
        _fill(service, rows["time"], alive, among(alive, first_in_first_out(group, started, life[alive] == COMPLETED)))
    opener, unclosed = closed(rows, sense, journey, shown, lexicon)
    paired = np.flatnonzero(opener >= 0)
    _fill(wait, rows["time"], paired, opener[paired])
    return wait, service, waiting | unclosed, np.where(ended < 0, opener, ended)


def _fill(durations: NDArray[np.int64], time: NDArray[np.int64], at: NDArray[np.int64], opener: NDArray[np.int64]) -> None:
    """Where a row (``at``) closes another one, and has no duration yet, take the ms since that; -1 where it closes none."""
    found = (opener >= 0) & (durations[at] == ABSENT)
    durations[at[found]] = (time[at[found]] - time[opener[found]]) // _MS


def _zones(
    rows: NDArray[np.void], sense: NDArray[np.void], carried: NDArray[np.int64], wait: NDArray[np.int64], lexicon: Lexicon
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the desired and the adequate level (ms) that hold for each row, ABSENT where the map gives none, and by which calendar they count."""
    desired, adequate, calendar = np.full(len(rows), ABSENT, np.int64), np.full(len(rows), ABSENT, np.int64), np.zeros(len(rows), np.int64)
    zoned = np.flatnonzero(np.isin(sense["stage"], zoned_stages(lexicon)))
    if not len(zoned):
        return desired, adequate, calendar
    known = [np.zeros(len(zoned), np.int64)] * len(FACTS)
    if (carried[zoned] >= 0).any():
        facts = lexicon.fact_table()[rows["facts"]]
        known = [np.where(carried[zoned, a] >= 0, facts[carried[zoned, a], a], 0) for a in range(len(FACTS))]
    desired[zoned], adequate[zoned], calendar[zoned] = levels(sense["stage"][zoned], known, rows["time"][zoned], wait[zoned], lexicon)
    return desired, adequate, calendar


def levels(
    stage: NDArray[np.int32], known: list[NDArray[np.int64]], time: NDArray[np.int64], wait: NDArray[np.int64], lexicon: Lexicon
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the desired and the adequate level (ms of calendar time) of stages for codes of the reserved attributes at instants; ABSENT for none.

    Also by which calendar the level counts; such a level is what its business time makes of the wait that ends then, or of one that begins then.
    """
    begun = eras(lexicon.journey_map)
    bounds = [len(lexicon.stages), *[int(column.max(initial=0)) + 1 for column in known], len(begun) + 1]
    cases, where = distinct(*packed([stage, *known, np.searchsorted(begun, time, side="right")], bounds))
    found = np.array([_level(lexicon, begun, unpacked(case, bounds)) for case in cases.tolist()], np.int64).reshape(-1, 3)
    return elapsed(lexicon.journey_map, found[where], time, wait)


def zoned_stages(lexicon: Lexicon) -> list[int]:
    """Return the codes of the stages for which the map knows a zone of tolerance."""
    return sorted({lexicon.stages.code(zone.stage) for zone in lexicon.journey_map.tolerance})


def eras(journey_map: JourneyMap) -> NDArray[np.int64]:
    """Return the instants (µs) at which any zone of the map begins to hold."""
    return np.array(sorted({zone.valid_from_us for zone in journey_map.tolerance if zone.valid_from_us is not None}), np.int64)


def _level(lexicon: Lexicon, begun: NDArray[np.int64], case: tuple[int, ...]) -> tuple[int, int, int]:
    found = lexicon.levels.get(case)
    if found is None:
        found = lexicon.levels[case] = _sought(lexicon, begun, *case)
    return found


def _sought(lexicon: Lexicon, begun: NDArray[np.int64], stage: int, segment: int, client_type: int, context: int, era: int) -> tuple[int, int, int]:
    values, journey_map = lexicon.attributes.values, lexicon.journey_map
    at = int(begun[era - 1]) if era else int(np.iinfo(np.int64).min)
    found = journey_map.tolerance_for(lexicon.stages.values[stage] or "", values[segment], values[client_type], values[context], at)
    return (ABSENT, ABSENT, 0) if found is None else (found.desired_ms, found.adequate_ms, calendar_number(journey_map, found.calendar))
