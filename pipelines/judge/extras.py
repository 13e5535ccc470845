"""Extras: what few events have (promises, ratings), kept apart from the rows of the state."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import array, numbers
from pipelines.judge.sight import NEVER
from pipelines.lexicon import Lexicon
from pipelines.state import EXTRA, State


def keep_extras(table: pa.Table, places: NDArray[np.int64], lexicon: Lexicon, state: State) -> None:
    """Keep the promises and ratings of events. ``places``: where each stands in the state, -1 where it was not kept; all behind those kept before."""
    promised = numbers(table["promise_due_us"].is_valid()) | numbers(table["promise_kind"].is_valid())
    at = np.flatnonzero((promised | numbers(table["rating_metric"].is_valid())) & (places >= 0))
    if not len(at):
        return
    at = at[np.argsort(places[at])]
    rows = table.select(["promise_due_us", "promise_kind", "rating_metric", "rating_value"]).take(array(at))
    extras = np.zeros(len(at), EXTRA)
    extras["place"], extras["due"] = places[at], numbers(rows["promise_due_us"], NEVER)
    extras["promise_kind"], extras["metric"] = lexicon.words.encode(rows["promise_kind"]), lexicon.words.encode(rows["rating_metric"])
    extras["rating"] = numbers(rows["rating_value"])
    state.extras.append(extras)
