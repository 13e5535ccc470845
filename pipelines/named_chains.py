"""Named chains: which chain each event is in, and of new ones what they are called and whose they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines import facts
from pipelines.columns import Array, picked
from pipelines.identify import Identified
from pipelines.state import CASE, GAP, State
from pipelines.symbols import distinct_strings

Codes = NDArray[np.int32]


def chains_of(table: pa.Table, who: Identified, state: State) -> Codes:
    """Return the chain of each event, made where it was not known."""
    hashes, where, sample = facts.chains(table, who)
    known = state.chains.size
    codes = state.find(hashes)
    fresh = codes >= known
    if fresh.any():
        _name(codes[fresh], sample[fresh], table, who, state)
    return codes[where]


def customers_called(names: Array, state: State) -> Codes:
    """Return the chains that stand for customers of these distinct names, made where they were not known."""
    known = state.chains.size
    codes = state.find(facts.caseless_chains(names))
    fresh = np.flatnonzero(codes >= known)
    state.name(codes[fresh], codes[fresh], picked(names, fresh))
    return codes


def _name(codes: Codes, sample: NDArray[np.int64], table: pa.Table, who: Identified, state: State) -> None:
    """Name new chains. ``sample``: an event of each."""
    kind = who.kind[sample]
    alone = np.flatnonzero(kind == GAP)
    state.name(codes[alone], codes[alone], picked(who.customer, sample[alone]))
    cases = np.flatnonzero(kind == CASE)
    if len(cases):
        where, names = distinct_strings(picked(who.customer, sample[cases]))
        customers = customers_called(pa.array(names, pa.string()), state)
        state.name(codes[cases], customers[where], picked(table["case_id"], sample[cases]))
