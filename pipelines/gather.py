"""Gather: the stored rows that a batch can change, read backwards along each touched chain.

A customer's caseless events are read until everything older lies more than the largest gap before anything read; a case is read whole. So the cost of
a batch does not grow with what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.state import CASE, GAP, ROW, State

WHOLE = 1 << 61
"""A reach (µs) that no two instants are apart: the chain is read whole."""


@dataclass(frozen=True)
class Touched:
    """The chains that a batch touches, by code, with the least time of their new events and how far (µs) a journey reaches back over silence."""

    chain: NDArray[np.int32]
    oldest: NDArray[np.int64]
    reach: NDArray[np.int64]


def reach_of(kinds: NDArray[np.uint32], largest_gap_us: int) -> NDArray[np.int64]:
    """Return the reach of chains of these kinds. House events and backstage work form no journey: only copies (equal times) matter."""
    return np.where(kinds == CASE, WHOLE, np.where(kinds == GAP, largest_gap_us, 0)).astype(np.int64)


def gather(state: State, touched: Touched, *, deepest: int) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.int32]]:
    """Read back from the heads of chains, at most ``deepest`` rows each.

    Returns:
        The stored rows that matter (records of ``ROW``), their places, and the codes of the chains that go deeper and so were not read to their end.
    """
    heads = state.chains.rows[touched.chain]
    least = touched.oldest.copy()
    who = np.flatnonzero((heads["head"] >= 0) & (heads["maxtime"] >= least - touched.reach))
    at = heads["head"][who].astype(np.int64)
    rows, places = [np.empty(0, ROW)], [np.empty(0, np.int64)]
    for _ in range(deepest):
        if not len(who):
            break
        level = state.rows.rows.take(at)
        rows.append(level)
        places.append(at)
        least[who] = np.minimum(least[who], level["time"])
        on = (level["prev"] >= 0) & (level["prefmax"] >= least[who] - touched.reach[who])
        who, at = who[on], level["prev"][on].astype(np.int64)
    return np.concatenate(rows), np.concatenate(places), touched.chain[who]
