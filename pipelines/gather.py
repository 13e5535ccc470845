"""Gather: the stored rows that a batch can change, read backwards along each touched chain.

A customer's caseless events are read until everything older lies further back than the gap of anything read, so that no unread event can be in one
journey with a read one; a case is read whole. So the cost of a batch does not grow with what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.order import by_group, starts_of
from pipelines.records import joined
from pipelines.state import CASE, GAP, KIND, ROW, State

_WHOLE = 1 << 61
"""A reach (µs) that no two instants are apart: the chain is read whole."""


@dataclass(frozen=True)
class Touched:
    """The chains that a batch touches, by code, with the instant (µs) from which on stored events matter."""

    chain: NDArray[np.int32]
    since: NDArray[np.int64]


def touched_by(rows: NDArray[np.void], gaps: NDArray[np.int64]) -> Touched:
    """Return what new events touch. ``gaps``: µs, by sense."""
    order = by_group(rows["chain"])
    chain = rows["chain"][order]
    first = np.flatnonzero(starts_of(chain))
    return Touched(chain[first], np.minimum.reduceat(_since(rows, gaps)[order], first) if len(first) else np.empty(0, np.int64))


def gather(state: State, touched: Touched, gaps: NDArray[np.int64], *, deepest: int) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.int32]]:
    """Read back from the heads of chains, at most ``deepest`` rows each.

    Returns:
        The stored rows that matter (records of ``ROW``), their places, and the codes of the chains that go deeper and so were not read to their end.
    """
    heads = state.chains.rows.take(touched.chain)
    since = touched.since.copy()
    who = np.flatnonzero((heads["head"] >= 0) & (heads["maxtime"] >= since))
    at = heads["head"][who].astype(np.int64)
    rows, places = [np.empty(0, ROW)], [np.empty(0, np.int64)]
    for _ in range(deepest):
        if not len(who):
            break
        level = state.rows.rows.take(at)
        rows.append(level)
        places.append(at)
        since[who] = np.minimum(since[who], _since(level, gaps))
        on = (level["prev"] >= 0) & (level["prefmax"] >= since[who])
        who, at = who[on], level["prev"][on].astype(np.int64)
    return joined(rows), np.concatenate(places), touched.chain[who]


def _since(rows: NDArray[np.void], gaps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return from which instant on an earlier event may be in one journey with each of these.

    House events and backstage work form no journey: only copies matter, which have equal times.
    """
    kind = rows["flags"] & KIND
    reach = np.where(kind == CASE, _WHOLE, np.where(kind == GAP, gaps[rows["sense"]], 0))
    return np.asarray(rows["time"] - reach)
