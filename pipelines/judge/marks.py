"""Marks: what its journey says of each stored row, kept beside the rows, so that rules need no rebuild of what they read again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.changes import View
from pipelines.distinct import distinct, packed, unpacked
from pipelines.kernel import carried_facts
from pipelines.lexicon import FACTS, Lexicon
from pipelines.state import ABSENT, MARK, UNMARKED, State

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


def mark(seen: Seen, state: State, lexicon: Lexicon) -> Places:
    """Write what became of rows; return the places where that differs from what stood there. New rows differ unless they show no step."""
    vanished = np.setdiff1d(seen.gone, seen.places)
    vanished = vanished[state.marks.rows["lost"][vanished] == 0]
    places = np.concatenate([seen.places, vanished])
    marks = np.concatenate([_marks(seen, lexicon), np.broadcast_to(UNMARKED, len(vanished))])
    differs = state.marks.rows[places] != marks
    state.marks.rows[places[differs]] = marks[differs]
    return np.asarray(places[differs])


def lose(places: Places, state: State) -> Places:
    """Note that copies count in the place of these rows; return those of which that is news."""
    news = places[state.marks.rows["lost"][places] == 0]
    state.marks.rows["lost"][news] = 1
    return np.asarray(news)


def _marks(seen: Seen, lexicon: Lexicon) -> NDArray[np.void]:
    view, size = seen.view, len(seen.places)
    steps, rows = view.steps, view.rows[:size]
    journey = steps.journey[:size]
    shown = view.shown[journey] if size else np.empty(0, bool)
    marks = np.zeros(size, MARK)
    marks["journey"] = np.where(shown, view.ids[journey], np.uint64(0)) if size else 0
    marks["wait"], marks["service"] = np.where(shown, steps.wait[:size], ABSENT), np.where(shown, steps.service[:size], ABSENT)
    marks["position"] = np.where(shown, steps.position[:size], 0)
    before = steps.previous[:size]
    marks["previous"] = np.where(shown & (before >= 0), seen.places[before], -1) if size else -1
    marks["carried"] = np.where(shown, _carried(rows, view.journeys.first[journey], lexicon), 0) if size else 0
    return marks


def _carried(rows: NDArray[np.void], first: Places, lexicon: Lexicon) -> NDArray[np.int32]:
    """Return for each row the code of the reserved attributes as its journey named them last."""
    if not rows["facts"].any():
        return np.zeros(len(rows), np.int32)
    at = carried_facts(rows, lexicon, first)
    facts = lexicon.fact_table()[rows["facts"]]
    columns = [np.where(at[:, a] >= 0, facts[at[:, a], a], 0) for a in range(len(FACTS))]
    bounds = [int(column.max()) + 1 for column in columns]
    known, where = distinct(*packed(columns, bounds))
    codes = []
    for number in known.tolist():
        segment, client_type, context = unpacked(number, bounds)
        codes.append(lexicon.fact((segment, client_type, context)))
    return np.array(codes, np.int32)[where]
