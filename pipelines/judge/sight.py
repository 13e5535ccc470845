"""Sight: the columns that rules see of stored rows, made only where a rule names them. Ids are numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Array, array
from pipelines.counted import counted
from pipelines.kernel import levels
from pipelines.lexicon import Lexicon
from pipelines.state import ABSENT, ACTOR_KIND_SHIFT, CASE, KIND, LIFECYCLE_SHIFT, State
from pipelines.symbols import Symbols, words

Places = NDArray[np.int64]
_MS = 1000
_LIVES = ["queued", "started", "completed"]
_ACTORS = ["human", "machine", "customer"]
NEVER = int(np.iinfo(np.int64).min)


@dataclass
class Sight:
    """Stored rows in the total order of their customers, as rules see them.

    Attributes:
        places: Where they stand in the state.
    """

    state: State
    lexicon: Lexicon
    places: Places

    @cached_property
    def rows(self) -> NDArray[np.void]:
        """The rows themselves."""
        return self.state.rows.taken(self.places)

    @cached_property
    def key(self) -> NDArray[np.uint64]:
        """The key of each."""
        return np.ascontiguousarray(self.rows["key"])

    @cached_property
    def marks(self) -> NDArray[np.void]:
        """What their journeys say of them."""
        return self.state.marks.taken(self.places)

    @cached_property
    def sense(self) -> NDArray[np.void]:
        """What the map says of them."""
        return self.lexicon.sense_table().take(self.rows["sense"])

    def part(self, at: Places) -> Part:
        """Return the sight of some of these rows; rows and marks are read once for all parts."""
        return Part(self.state, self.lexicon, self.places[at], self, at)

    def column(self, name: str) -> Array:
        """Return one column of `COLUMNS` but ``customer_id``."""
        return _MAKERS[name](self)

    def find(self, keys: NDArray[np.uint64]) -> Places:
        """Return which row has each key; -1 where there is none."""
        near = self._near(keys)
        order = near[np.argsort(self.key[near])]
        if not len(order):
            return np.full(len(keys), -1, np.int64)
        known = self.key[order]
        at = np.minimum(np.searchsorted(known, keys), len(order) - 1)
        return np.where(known[at] == keys, order[at], -1)

    def _near(self, keys: NDArray[np.uint64]) -> Places:
        """Return the rows that may have one of these keys by their last bits: mostly few of many, which are sorted for so much less."""
        mask = np.uint64((8 << len(keys).bit_length()) - 1)
        asked = np.zeros(int(mask) + 1, bool)
        asked[keys & mask] = True
        return np.flatnonzero(asked[self.key & mask])

    @cached_property
    def shown(self) -> NDArray[np.bool_]:
        """Which rows are steps."""
        return np.asarray(self.marks["journey"] != 0)

    @cached_property
    def levels(self) -> tuple[Places, Places, Places]:
        """The zone of tolerance (ms), ABSENT where there is none, and the number of the calendar by which it counts."""
        known = [codes.astype(np.int64) for codes in self.carried]
        if not len(self.rows):
            return self.places, self.places, self.places
        desired, adequate, calendar = levels(self.sense["stage"], known, self.rows["time"], self.marks["wait"], self.lexicon)
        return np.where(self.shown, desired, ABSENT), np.where(self.shown, adequate, ABSENT), np.where(self.shown, calendar, 0)

    @cached_property
    def carried(self) -> list[NDArray[np.int32]]:
        """Codes of each of the reserved attributes as journeys named them last."""
        codes = np.ascontiguousarray(self.marks["carried"])
        return [np.ascontiguousarray(column)[codes] for column in self.lexicon.fact_table().T]

    @cached_property
    def before(self) -> NDArray[np.void]:
        """The row of the step before, any where there is none."""
        return self.state.rows.taken(np.maximum(self.marks["previous"], 0)) if self.state.rows.size else self.rows

    @cached_property
    def extras(self) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
        """What few rows have, and which have it."""
        extras = self.state.extras
        if not extras.size:
            return np.zeros(len(self.places), extras.rows.dtype), np.zeros(len(self.places), bool)
        at = np.searchsorted(extras.rows["place"][: extras.size], self.places)
        found = extras.rows[np.minimum(at, extras.size - 1)]
        return found, found["place"] == self.places

    def texts(self, symbols: Symbols, codes: NDArray[np.int32]) -> Array:
        """Return words of a symbol table as a column."""
        return symbols.decode(codes)


@dataclass
class Part(Sight):
    """Some rows of another sight.

    Attributes:
        whole: That sight.
        at: Which of its rows.
    """

    whole: Sight
    at: Places

    @cached_property
    def rows(self) -> NDArray[np.void]:
        """The rows themselves."""
        return self.whole.rows.take(self.at)

    @cached_property
    def marks(self) -> NDArray[np.void]:
        """What their journeys say of them."""
        return self.whole.marks.take(self.at)


def _instants(values: Places, absent: NDArray[np.bool_] | None = None) -> Array:
    return array(values, absent).cast(pa.timestamp("us"))


def _few(codes: NDArray[Any], values: list[str]) -> Array:
    return words(codes.astype(np.int32) - 1, values, codes == 0)


def _zone(s: Sight) -> Array:
    desired, adequate, calendar = s.levels
    wait = s.marks["wait"]
    if calendar.any():
        business = counted(s.lexicon.journey_map, calendar, s.rows["time"], wait, desired, adequate)
        wait, desired, adequate = (np.where(calendar > 0, *both) for both in zip(business, (wait, desired, adequate), strict=True))
    absent = (wait == ABSENT) | (adequate == ABSENT) | (adequate == desired)
    return array((adequate - wait) / np.where(absent, 1, adequate - desired), absent)


def _since(s: Sight) -> Array:
    end = s.before["time"] + _MS * np.maximum(s.before["service"], 0)
    return array(np.maximum(s.rows["time"] - end, 0) // _MS, ~s.shown | (s.marks["previous"] < 0))


def _previous(s: Sight) -> Array:
    codes = s.lexicon.sense_table()["type"][s.before["sense"]] if len(s.rows) else np.empty(0, np.int32)
    return s.texts(s.lexicon.types, np.where(s.shown & (s.marks["previous"] >= 0), codes, 0))


def _money(s: Sight, part: int) -> Array:
    """Return currency or kind: the lexicon keeps both as one text."""
    texts = [None if text is None else [*text.split(" ", 1), ""][part] or None for text in s.lexicon.monies.values]
    return words(s.rows["money_kind"].astype(np.int32), texts, s.rows["money_kind"] == 0)


def _said(name: str) -> Callable[[Sight], Array]:
    return lambda s: s.texts(s.lexicon.words, np.where(s.extras[1], s.extras[0][name], 0))


def _symbol(table: str, name: str) -> Callable[[Sight], Array]:
    return lambda s: s.texts(getattr(s.lexicon, table), s.rows[name])


def _sense(table: str, name: str) -> Callable[[Sight], Array]:
    return lambda s: s.texts(getattr(s.lexicon, table), s.sense[name])


def _fact(at: int) -> Callable[[Sight], Array]:
    return lambda s: s.texts(s.lexicon.attributes, np.where(s.shown, s.carried[at], 0))


def _present(name: str) -> Callable[[Sight], Array]:
    return lambda s: array(np.ascontiguousarray(s.marks[name]), s.marks[name] == ABSENT)


_MAKERS: dict[str, Callable[[Sight], Array]] = {
    "place": lambda s: array(np.arange(len(s.rows))),
    "key": lambda s: array(s.key),
    "event_id": lambda s: array(s.key),
    "case_id": lambda s: array(s.state.chains.rows["hash"][s.rows["chain"]], s.rows["flags"] & KIND != CASE),
    "correlation_id": lambda s: array(s.rows["correlation"], s.rows["correlation"] == 0),
    "journey_id": lambda s: array(s.marks["journey"], ~s.shown),
    "source": _symbol("sources", "source"),
    "occurred_at": lambda s: _instants(s.rows["time"]),
    "sequence": lambda s: array(s.rows["sequence"]),
    "type": _sense("types", "type"),
    "thing": _sense("things", "thing"),
    "channel": _sense("channels", "channel"),
    "stage": _sense("stages", "stage"),
    "site": _symbol("sites", "site"),
    "actor_id": _symbol("actors", "actor"),
    "actor_kind": lambda s: _few(s.rows["flags"] >> np.uint32(ACTOR_KIND_SHIFT) & 3, _ACTORS),
    "team": _symbol("teams", "team"),
    "lifecycle": lambda s: _few(s.rows["flags"] >> np.uint32(LIFECYCLE_SHIFT) & 3, _LIVES),
    "roles": lambda s: array(s.sense["roles"]),
    "promise_due_at": lambda s: _instants(s.extras[0]["due"], ~s.extras[1] | (s.extras[0]["due"] == NEVER)),
    "promise_kind": _said("promise_kind"),
    "rating_metric": _said("metric"),
    "rating_value": lambda s: array(s.extras[0]["rating"], ~s.extras[1] | (s.extras[0]["metric"] == 0)),
    "money_minor": lambda s: array(s.rows["money"], s.rows["money_kind"] == 0),
    "money_currency": lambda s: _money(s, 0),
    "money_kind": lambda s: _money(s, 1),
    "position": lambda s: array(s.marks["position"], ~s.shown),
    "previous_type": _previous,
    "since_previous_ms": _since,
    "wait_ms": _present("wait"),
    "service_ms": _present("service"),
    "desired_ms": lambda s: array(s.levels[0], s.levels[0] == ABSENT),
    "adequate_ms": lambda s: array(s.levels[1], s.levels[1] == ABSENT),
    "zone": _zone,
    "segment": _fact(0),
    "client_type": _fact(1),
    "context": _fact(2),
}
COLUMNS = ("customer_id", *_MAKERS)
"""What rules see of an event."""
