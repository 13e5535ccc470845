"""Zones that count business time: how long they last in calendar time for one wait, and what a wait is in business time.

A level in business time is turned into the calendar time that it lasts from the beginning of the wait on. So whoever compares a wait with its level,
or adds the level to the beginning, gets the answer of business time, and need not know that there is any:
wait > adequate just where business wait > business adequate, and wait < desired just where business wait < business desired.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.calendars import KNOWN_US, policy_then
from pipelines.open_time import NEVER, OpenTime
from pipelines.state import ABSENT
from pipelines.symbols import Words, words
from schemas.journey_map import JourneyMap

_INSTANT: pa.DataType = pa.int64()
OPEN_HOURS = pa.schema({"calendar": pa.string(), "opens_us": _INSTANT, "closes_us": _INSTANT, "before_us": _INSTANT})
"""An interval in which a calendar is open, each instant by the schedule in force at it; and its open time before."""

Numbers = NDArray[np.int64]
_MS = 1000


def calendar_number(journey_map: JourneyMap, name: str | None) -> int:
    """Return the number of a calendar among those by which zones count, from 1; 0 for none."""
    return 0 if name is None else journey_map.counting.index(name) + 1


def calendar_words(journey_map: JourneyMap, numbers: Numbers) -> Words:
    """Return the calendars of these numbers as a column."""
    return words(numbers.astype(np.int32) - 1, list(journey_map.counting), numbers <= 0)


def elapsed(journey_map: JourneyMap, found: Numbers, time: Numbers, wait: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return desired and adequate in calendar time (ms), and the number of the calendar by which they count.

    Args:
        journey_map: The map.
        found: Desired, adequate (ms as the map writes them, ABSENT for none) and calendar, shape (n, 3).
        time: When the events happened (µs).
        wait: The waits that they ended (ms), ABSENT where they ended none: then a wait is taken to begin.
    """
    desired, adequate, calendar = (np.ascontiguousarray(found[:, column]) for column in range(3))
    for number, at in _by_calendar(calendar):
        open_time, begun = policy_then(journey_map, journey_map.counting[number - 1]), _begun(time[at], wait[at])
        # The first instant at which a whole ms more than adequate has passed is the first that is too late: the last ms before it is still adequate.
        desired_at, late_at = open_time.after(begun, desired[at] * _MS), open_time.after(begun, (adequate[at] + 1) * _MS)
        known = (begun >= KNOWN_US[0]) & (late_at != NEVER)
        desired[at] = np.where(known, -((begun - desired_at) // _MS), ABSENT)
        adequate[at] = np.where(known, -((begun - np.where(known, late_at, begun)) // _MS) - 1, ABSENT)
        calendar[at] = np.where(known, number, 0)
    return desired, adequate, calendar


def counted(
    journey_map: JourneyMap, calendar: Numbers, time: Numbers, wait: Numbers, desired: Numbers, adequate: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    """Return wait, desired and adequate in business time (ms), each instant by the schedule in force at it; ABSENT where there is none.

    The others are as `elapsed` takes and gives them.
    """
    found = np.full((3, len(calendar)), ABSENT, np.int64)
    for number, at in _by_calendar(calendar):
        open_time, begun = policy_then(journey_map, journey_map.counting[number - 1]), _begun(time[at], wait[at])
        for place, lasting in enumerate((wait[at], desired[at], adequate[at])):
            found[place, at] = np.where(lasting == ABSENT, ABSENT, open_time.between(begun, begun + np.maximum(lasting, 0) * _MS) // _MS)
    return found[0], found[1], found[2]


def open_hours(journey_map: JourneyMap) -> pa.Table:
    """Return when the calendars are open by which zones count, as `OPEN_HOURS`; mostly no rows."""
    parts = [_hours(name, policy_then(journey_map, name)) for name in journey_map.counting]
    return pa.concat_tables([OPEN_HOURS.empty_table(), *parts])


def _hours(name: str, open_time: OpenTime) -> pa.Table:
    columns = [pa.repeat(name, len(open_time.opens) - 1), *(pa.array(each[1:]) for each in (open_time.opens, open_time.closes, open_time.before))]
    return pa.table(columns, schema=OPEN_HOURS)


def _begun(time: Numbers, wait: Numbers) -> Numbers:
    return np.asarray(time - np.maximum(wait, 0) * _MS, np.int64)


def _by_calendar(calendar: Numbers) -> list[tuple[int, Numbers]]:
    return [(number, np.flatnonzero(calendar == number)) for number in np.unique(calendar).tolist() if number > 0] if calendar.any() else []
