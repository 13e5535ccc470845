"""What changed in the mart since the rules of scope all were last judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.mart.waits import waiting
from pipelines.columns import Array, Column, numbers, whole
from schemas.journey_map import JourneyMap

Keys = NDArray[np.uint64]
EVER = (datetime(1, 1, 2, tzinfo=UTC).replace(tzinfo=None), datetime(9999, 12, 30, tzinfo=UTC).replace(tzinfo=None))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_CONTEXT = ("segment", "client_type", "context")


def moved(instant: datetime, by: timedelta) -> datetime:
    """Return an instant so much later, within what a timestamp can be."""
    try:
        return min(max(instant + by, EVER[0]), EVER[1])
    except OverflowError:
        return EVER[0] if by < timedelta() else EVER[1]


def instant(us: int) -> datetime:
    """Return the instant so many µs after 1970."""
    return moved(_EPOCH, timedelta(microseconds=us))


def microseconds(instant: datetime) -> int:
    """Return an instant as µs since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


@dataclass
class Changed:
    """What changed.

    Attributes:
        journey_map: Says what a wait is.
        whole: Nothing is known: everything may have.
        low, high: All of it lies between these instants; None before anything did. What customers are named for may lie anywhere.
    """

    journey_map: JourneyMap
    whole: bool = False
    low: datetime | None = None
    high: datetime | None = None
    _works: list[Array] = field(default_factory=list)
    _events: list[Array] = field(default_factory=list)
    _customers: list[Array] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether anything changed."""
        return self.whole or self.low is not None or bool(self._customers)

    @property
    def between(self) -> tuple[datetime, datetime]:
        """The instants between which all of it lies."""
        if self.whole or self._customers or self.low is None or self.high is None:
            return EVER
        return self.low, self.high

    def note(self, tables: Mapping[str, pa.Table]) -> None:
        """Take note of a commit that is folded."""
        for name in ("steps", "touchpoints", "operations"):
            table = tables.get(name)
            if table is not None and len(table) > table["time_us"].null_count:
                self._widen(pc.min(table["time_us"]).as_py(), pc.max(table["time_us"]).as_py())
        if not self.whole:
            self._note(tables)

    def works(self) -> pa.Table:
        """Return the ``key`` of work behind the line that came."""
        return _column("key", self._works, pa.uint64())

    def events(self) -> pa.Table:
        """Return the ``key`` of customers' events that came, or of which a journey says something else, as far as they may begin or end a wait."""
        return _column("key", self._events, pa.uint64())

    def customers(self) -> pa.Table:
        """Return the ``customer_id`` of those of whom anything may have changed."""
        return _column("customer_id", self._customers, pa.string())

    def _note(self, tables: Mapping[str, pa.Table]) -> None:
        told = {name: table for name, table in tables.items() if len(table)}
        if (works := told.get("operations")) is not None:
            self._works.append(whole(works["key"]))
        if (steps := told.get("steps")) is not None:
            self._events.append(_where(steps["key"], numbers(steps["roles"]).astype(np.uint64) & np.uint64(waiting(self.journey_map)) != 0))
        if (facts := told.get("touchpoints")) is not None:
            self._events.append(
                _where(facts["key"], numbers(facts["disputed"], absent=False))
            )  # its step may say the same, though another copy counts
            if tolerance_asks(self.journey_map):
                self._name(_where(facts["customer_id"], np.any([facts[name].is_valid().to_numpy() for name in _CONTEXT], axis=0)))
        if (journeys := told.get("journeys")) is not None:
            self._name(_where(journeys["customer_id"], numbers(journeys["oversized"], absent=False)))  # its steps are gone

    def _name(self, customers: Array) -> None:
        if len(customers):
            self._customers.append(customers.cast(pa.string()))

    def _widen(self, low_us: int, high_us: int) -> None:
        low, high = instant(low_us), instant(high_us)
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)


def tolerance_asks(journey_map: JourneyMap) -> bool:
    """Whether a zone of the map depends on what customers have said of themselves."""
    return any(zone.conditions for zone in journey_map.tolerance)


def _where(column: Column, wanted: NDArray[np.bool_]) -> Array:
    return whole(column.filter(pa.array(wanted.astype(bool))))


def _column(name: str, parts: list[Array], kind: pa.DataType) -> pa.Table:
    made = pa.table({name: pa.concat_arrays([part.cast(kind) for part in parts]) if parts else pa.array([], kind)})
    return made.group_by(name).aggregate([])
