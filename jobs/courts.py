"""Courts: partitions of one process ask the same rules, and to prepare them takes a third of a second, so they share a court."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from threading import Lock
from weakref import WeakValueDictionary

import pyarrow as pa

from jobs.time_limit import time_limit
from pipelines.judge.court import Court
from pipelines.judge.rule import Rule
from pipelines.judge.select import Needs
from schemas.journey_map import JourneyMap


class SharedCourt(Court):
    """A court for judges in threads: one rule is looked at and prepared at a time, and each rule is heard by one at a time."""

    def __init__(self, journey_map: JourneyMap) -> None:
        self._preparing, self._turns = Lock(), dict[str, Lock]()
        super().__init__(journey_map, time_limit)

    def needs(self, rule: Rule) -> Needs:
        """Return what a rule reads. Raises RuleError where it may not."""
        with self._preparing:
            return super().needs(rule)

    def run(self, rule: Rule, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Run a rule over events; always with the same tables and columns. Raises RuleError where it fails, or runs too long."""
        with self._turns.setdefault(rule.name, Lock()), nullcontext() if self.has_run(rule) else self._preparing:
            return super().run(rule, tables)


_courts = WeakValueDictionary[str, SharedCourt]()
_opening = Lock()


def court_of(journey_map: JourneyMap) -> SharedCourt:
    """Return the court of a map; it stays as long as somebody uses it."""
    with _opening:
        found = _courts.get(journey_map.digest) or SharedCourt(journey_map)
        _courts[journey_map.digest] = found
        return found
