"""Distinct numbers of a column, by a table where the numbers are small and by sorting where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
_TABLE = 1 << 16


def distinct(numbers: Numbers, bound: int) -> tuple[Numbers, Numbers]:
    """Return the distinct numbers, sorted, and for each row the place of its own among them.

    Args:
        numbers: From 0 to below ``bound``.
        bound: What all are below.

    >>> distinct(np.array([7, 2, 7]), 8)
    (array([2, 7]), array([1, 0, 1]))
    """
    if bound > max(_TABLE, 4 * len(numbers)):
        values, places = np.unique(numbers, return_inverse=True)
        return values, places
    table = np.zeros(bound, np.int64)
    table[numbers] = 1
    values = np.flatnonzero(table)
    table[values] = np.arange(len(values))
    return values, table[numbers]


def packed(columns: Sequence[NDArray[np.integer[Any]]], bounds: list[int]) -> tuple[Numbers, int]:
    """Return rows of small numbers as one number each, and what all are below; ``unpacked`` turns them back.

    Raises:
        OverflowError: the bounds are too large together for 62 bits.
    """
    numbers, total = np.zeros(len(columns[0]), np.int64), 1
    for column, bound in zip(columns, bounds, strict=True):
        numbers, total = numbers * bound + column, total * bound
    if total >= 1 << 62:
        raise OverflowError(f"{bounds} do not fit into 62 bits")
    return numbers, total


def unpacked(number: int, bounds: list[int]) -> tuple[int, ...]:
    """Return the numbers that ``packed`` made one.

    >>> unpacked(packed([np.array([3]), np.array([1])], [5, 2])[0].item(), [5, 2])
    (3, 1)
    """
    parts = []
    for bound in reversed(bounds):
        number, part = divmod(number, bound)
        parts.append(part)
    return tuple(reversed(parts))
