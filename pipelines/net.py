"""Nets changes: of all rows that name one key, what those must know who know what stood before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.columns import array, numbers
from pipelines.order import starts_of
from pipelines.symbols import distinct_strings


def net(changes: pa.Table, key: Sequence[str], *, bottom: bool) -> pa.Table:
    """Return at most one row a key, sorted by the first part of the key.

    Args:
        changes: Rows of a table of changes, in the order of their commits.
        key: The names of its columns.
        bottom: Nothing stood before these changes: no drop is left, and nothing existed.

    Returns:
        The last row of each key. It ``existed`` if the first one says so; what did not, and is dropped in the end, is left out.
    """
    parts = [_codes(changes, name) for name in key]
    order = np.lexsort(parts[::-1])  # it is stable: of equal keys the order of commits stays
    begins = reduce(or_, (starts_of(part[order]) for part in parts))
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(order))[: len(first)] - 1
    existed = np.zeros(len(first), bool) if bottom else numbers(changes["existed"])[order[first]]
    kept = existed | np.asarray(pc.equal(changes["op"], pa.scalar("put")).to_numpy(), bool)[order[last]]
    rows = changes.take(array(order[last[kept]]))
    return rows.set_column(rows.schema.get_field_index("existed"), "existed", array(existed[kept]))


def _codes(changes: pa.Table, name: str) -> NDArray[Any]:
    """Return numbers that differ where the values of a column do; those of a column of numbers are its own."""
    column = changes[name]
    return distinct_strings(column)[0] if pa.types.is_string(column.type) else numbers(column)
