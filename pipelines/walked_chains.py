"""Walked chains: what new events change in chains whose stored rows were read back as far as they matter."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.changes import Dropped, View, appended, compared, joined, view
from pipelines.emit import Names, journeys_table, steps_table
from pipelines.fresh import Fresh
from pipelines.lexicon import Lexicon
from pipelines.order import ordered, starts_of
from pipelines.state import GAP, KIND, State


def walked_changes(new: Fresh, places: NDArray[np.int64], state: State, lexicon: Lexicon) -> tuple[dict[str, pa.Table], View, NDArray[np.int64]]:
    """Return what new events change, as the journal's ``journeys`` and ``steps``; what was rebuilt, and the places of that in stored and new rows.

    Args:
        new: The events, beside all stored rows that they can change.
        places: Where the stored rows stand in the state.
        state: It does not hold the new events yet.
        lexicon: What codes mean.
    """
    rows, old, order = new.rows, new.old, new.order
    names = Names.of(rows["chain"][old:], new.table, new.who, places, state)
    winners = order.order[((rows["flags"][order.order] & KIND) <= GAP) & ~new.long[order.order]]
    after = view(rows.take(winners), lexicon, names.journey_ids)
    simple = _simple(after, winners, new)
    journeys, steps = appended(after, winners >= old, simple)
    drops = Dropped(np.empty(0, np.uint64), np.empty(0, np.uint64), np.empty(0, np.int64))
    if not simple.all():
        stored = rows[:old].compress(np.isin(rows["chain"][:old], after.rows["chain"][~simple]))
        before = view(stored.take(ordered(stored).order), lexicon, names.journey_ids)
        more_journeys, more_steps, drops = compared(before, after, ~simple, lexicon)
        journeys, steps = joined(journeys, more_journeys), joined(steps, more_steps)
    tables = {
        "journeys": journeys_table(after, journeys, drops, lexicon, names),
        "steps": steps_table(after, steps, drops, lexicon, names, winners),
    }
    return tables, after, winners


def _simple(after: View, winners: NDArray[np.int64], among: Fresh) -> NDArray[np.bool_]:
    """Return which rows are of chains where all that is new came behind all that was stored, undisputed, and no journey is oversized."""
    rows, new = after.rows, winners >= among.old
    if not len(rows):
        return np.ones(0, bool)
    chain = np.cumsum(starts_of(rows["chain"])) - 1
    wrong = among.order.disputed[winners] & new | ~after.shown[after.steps.journey]
    wrong[1:] |= new[:-1] & ~new[1:] & (chain[1:] == chain[:-1])
    entangled = np.zeros(chain[-1] + 1, bool)
    entangled[chain[wrong]] = True
    return np.asarray(~entangled[chain])
