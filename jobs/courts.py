"""Courts: partitions of one process ask the same rules, and to prepare them takes a third of a second, so they share a court."""

from __future__ import annotations

from threading import Lock
from weakref import WeakValueDictionary

from jobs.time_limit import time_limit
from pipelines.judge.court import Court
from schemas.journey_map import JourneyMap

_courts = WeakValueDictionary[str, Court]()
_opening = Lock()


def court_of(journey_map: JourneyMap) -> Court:
    """Return the court of a map; it stays as long as somebody uses it."""
    with _opening:
        found = _courts.get(journey_map.digest) or Court(journey_map, time_limit)
        _courts[journey_map.digest] = found
        return found
