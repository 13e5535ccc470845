"""Customers' buying histories as counts: how many have the same (repeats, last day, age).

A likelihood needs nothing else, so millions of customers collapse to the distinct histories among them. They are sorted: every
sum over them is made in the same order, however the customers came, and so the estimate is equal with ``==``.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipelines.estimate.arrays import Ints

_DAY_BITS = 20  # a million days; repeats keep 23 bits
_LIMITS = (1 << 23, 1 << _DAY_BITS, 1 << _DAY_BITS)


class Histories(NamedTuple):
    """Distinct histories, sorted; days count from the customer's first event day."""

    repeats: Ints
    """Distinct event days after the first."""
    last: Ints
    """Days from the first event day to the last."""
    age: Ints
    """Days from the first event day to the end of observation."""
    customers: Ints
    """How many customers have this history."""

    @property
    def n(self) -> int:
        """How many customers there are."""
        return int(self.customers.sum())

    @property
    def repeaters(self) -> int:
        """How many customers came back at least once."""
        return int(self.customers[self.repeats > 0].sum())


def collapse(repeats: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike, count: npt.ArrayLike | None = None) -> tuple[Histories, Ints]:
    """Gather equal histories.

    Args:
        repeats: Distinct event days after the first, of each customer.
        last: Days from the first event day to the last; 0 where nothing was repeated.
        age: Days from the first event day to the end of observation, not less than ``last``.
        count: How many customers stand behind each row; one each when absent.

    Returns:
        The distinct histories, and for each row given the place of its history among them.

    Raises:
        ValueError: A history contradicts itself, or is longer than a million days.

    >>> histories, place = collapse([0, 1, 0], [0, 7, 0], [9, 9, 9])
    >>> histories.customers.tolist(), place.tolist()
    ([2, 1], [0, 1, 0])
    """
    columns = np.broadcast_arrays(*(np.asarray(column, dtype=np.int64) for column in (repeats, last, age)))
    _refuse_contradictions(*columns)
    packed = (columns[0] << (2 * _DAY_BITS)) | (columns[1] << _DAY_BITS) | columns[2]
    found, place = np.unique(packed, return_inverse=True)
    counts = np.zeros(len(found), dtype=np.int64)
    np.add.at(counts, place, np.asarray(1 if count is None else count, dtype=np.int64))
    day = _LIMITS[1] - 1
    return Histories(found >> (2 * _DAY_BITS), (found >> _DAY_BITS) & day, found & day, counts), place


def thin(histories: Histories, most: int) -> Histories:
    """Keep every k-th customer in the order of histories, with the least k = 1, 2, 4, … that leaves at most ``most`` distinct ones.

    A systematic sample of a sorted list is stratified by what it is sorted by, and needs no chance: the same customers, the same sample.

    >>> thin(collapse([0, 1, 2], [0, 7, 9], [9, 9, 9], [2, 1, 1])[0], 2).customers.tolist()
    [1, 1]
    """
    step, kept = 1, histories
    reached = np.cumsum(histories.customers)
    while len(kept.customers) > most:
        step *= 2
        taken = reached // step - (reached - histories.customers) // step
        kept = Histories(*(column[taken > 0] for column in (*histories[:3], taken)))
    return kept


def _refuse_contradictions(repeats: Ints, last: Ints, age: Ints) -> None:
    """Raise where a history can't be."""
    wrong = (repeats < 0) | (last < repeats) | (age < last) | ((repeats == 0) & (last != 0)) | (repeats >= _LIMITS[0]) | (age >= _LIMITS[2])
    if bool(wrong.any()):
        row = int(np.argmax(wrong))
        raise ValueError(f"0 ≤ repeats ≤ last ≤ age < {_LIMITS[2]} days is wanted, got {repeats[row]}, {last[row]}, {age[row]} in row {row}")
