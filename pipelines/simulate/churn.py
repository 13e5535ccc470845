"""Tells who left, when and why, and the law by which customers buy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipelines.simulate.customers import Customers, names
from pipelines.simulate.ledger import instants
from pipelines.simulate.truth import Row

_CHUNK = 50_000


def leavers(customers: Customers, end: int) -> Iterator[Row]:
    """Yield the customers who were gone by `end` (ms), in the order of their numbers."""
    gone = np.flatnonzero(customers.left_at <= end)
    for first in range(0, len(gone), _CHUNK):
        rows = gone[first : first + _CHUNK]
        told = zip(names(rows).tolist(), instants(customers.left_at[rows]), customers.why[rows].tolist(), customers.buyer[rows].tolist(), strict=True)
        for name, at, why, buyer in told:
            yield {"customer": name, "left_at": at + "Z", "why": customers.reasons[why], "buyer": buyer}


def law_of(customers: Customers) -> Row:
    """Return the parameters of the law of buying and leaving."""
    return dict(customers.law._asdict())
