"""Marks: what its journey says of each stored row, kept beside the rows, so that rules need no rebuild of what they read again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.changes import View
from pipelines.distinct import distinct, packed, unpacked
from pipelines.lexicon import Lexicon
from pipelines.records import put_at
from pipelines.state import MARK, UNMARKED, State

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """Rows of the state that a batch rebuilt.

    Attributes:
        view: What became of them; the first rows of it are meant, as many as there are places.
        places: Where those stand in the state.
        gone: Places of rows of journeys that showed steps before: those that are not in the view show none now.
    """

    view: View
    places: Places
    gone: Places


def mark(seen: Seen, state: State, lexicon: Lexicon, fresh: int = 0) -> Places:
    """Write what became of rows; return the places, below ``fresh``, of those of which that is not what stood there."""
    differs = _write(seen.places, _marks(seen, lexicon), state, fresh)
    if not len(seen.gone):
        return differs
    vanished = np.setdiff1d(seen.gone, seen.places)
    vanished = vanished[state.marks.rows["lost"][vanished] == 0]
    return np.concatenate([differs, _write(vanished, np.full(len(vanished), UNMARKED), state, fresh)])


def lose(places: Places, state: State) -> Places:
    """Note that copies count in the place of these rows; return those of which that is news."""
    news = places[state.marks.rows["lost"][places] == 0]
    state.marks.rows["lost"][news] = 1
    return np.asarray(news)


def _write(places: Places, marks: NDArray[np.void], state: State, fresh: int) -> Places:
    """Write marks of rows; return the places, below ``fresh``, where they were others."""
    old = places < fresh
    older, newer = np.flatnonzero(old), np.flatnonzero(~old)
    differs = older[(_words(state.marks.rows.take(places[older])) != _words(marks.take(older))).any(axis=1)]
    for written in (newer, differs):
        put_at(state.marks.rows, places[written], marks.take(written))
    return np.asarray(places[differs])


def _words(marks: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return marks as plain numbers: numpy compares records field by field."""
    return marks.view(np.uint64).reshape(len(marks), MARK.itemsize // 8)


def _marks(seen: Seen, lexicon: Lexicon) -> NDArray[np.void]:
    view, size = seen.view, len(seen.places)
    steps, rows = view.steps, view.rows[:size]
    marks = np.zeros(size, MARK)
    if not size:
        return marks
    journey, before = steps.journey[:size], steps.previous[:size]
    marks["journey"] = view.ids[journey]
    marks["wait"], marks["service"], marks["position"] = steps.wait[:size], steps.service[:size], steps.position[:size]
    marks["previous"] = np.where(before >= 0, seen.places[before], -1)
    marks["carried"] = _carried(rows, view.journeys.first[journey], lexicon)
    if not view.shown.all():
        marks[~view.shown[journey]] = UNMARKED
    return marks


def _carried(rows: NDArray[np.void], first: Places, lexicon: Lexicon) -> NDArray[np.int32]:
    """Return for each row the code of the reserved attributes as its journey named them last."""
    named = np.ascontiguousarray(rows["facts"])
    if not named.any():
        return np.zeros(len(rows), np.int32)
    columns = [_latest(np.ascontiguousarray(column)[named], first) for column in lexicon.fact_table().T]
    bounds = [int(column.max()) + 1 for column in columns]
    known, where = distinct(*packed(columns, bounds))
    codes = []
    for number in known.tolist():
        segment, client_type, context = unpacked(number, bounds)
        codes.append(lexicon.fact((segment, client_type, context)))
    return np.array(codes, np.int32)[where]


def _latest(codes: NDArray[np.int32], first: Places) -> NDArray[np.int32]:
    """Return for each row the code that the latest row up to it names, from the first of its journey on; 0 where none does."""
    if not codes.any():
        return codes
    at = np.maximum.accumulate(np.where(codes != 0, np.arange(len(codes)), 0))
    return np.where(at >= first, codes[at], 0)
