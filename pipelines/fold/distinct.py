"""Distinct: the few combinations that several columns make, and which of them each row has. Grouping by numbers costs a tenth of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Column, array, numbers, whole

Codes = NDArray[np.int64]
_MOST = 1 << 62
"""Combinations are numbered anew before 64 bits can't hold as many as there might be."""


def combinations(table: pa.Table, columns: Sequence[str]) -> tuple[pa.Table, Codes]:
    """Return the combinations of some columns that occur, one row each, and for each row of the table the place of its own among them.

    Args:
        table: Any rows; columns of words may come with dictionaries or without.
        columns: Of few distinct values, at least one.
    """
    joined, most = _coded(table[columns[0]])
    for name in columns[1:]:
        codes, size = _coded(table[name])
        if most * size > _MOST:
            joined, most = _coded(array(joined))
        joined *= size
        joined += codes
        most *= size
    places, _ = _coded(array(joined))
    places -= 1  # none is null
    return table.select(list(columns)).take(array(_first(places))), places


def _coded(column: Column) -> tuple[Codes, int]:
    """Return a number for each value, 0 for null, and a number that all are below."""
    encoded = whole(column).dictionary_encode()
    codes = numbers(encoded.indices, -1).astype(np.int64)
    codes += 1
    return codes, len(encoded.dictionary) + 1


def _first(places: Codes) -> Codes:
    """Return where each place occurs first: of several writes to one cell, numpy keeps the last."""
    first = np.zeros(int(places.max(initial=-1)) + 1, np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    return first
