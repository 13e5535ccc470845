"""Where customers wait too long, ranked by what is sure of it, not by the mean.

Excess of a visit = max(0, wait − adequate level), where the journey map gives a level; else max(0, wait − the cut's own median wait), which says
how much longer than usual the slow visits were, and makes no claim that the usual is good. ``basis`` says which was used.

A cut is ranked by ``excess_low``: the lower 90 % bound of its total excess. The standard error is clustered by customer, because the visits of one
customer resemble each other: taken as independent they raise false claims from 10 % to 35 % of the time (simulated: five journeys a customer).
Of fewer than `LEAST_VISITS` visits or `LEAST_CUSTOMERS` customers there is neither a bound nor a rank, and ``reason`` says so.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy

from pipelines.estimate.arrays import Floats, Ints

LEAST_VISITS = 30
LEAST_CUSTOMERS = 10

NO_LEVEL = -1
"""Stands for the adequate level where the map gives none."""

LEVEL = 0.9
"""One-sided, of ``excess_low``."""

BASES = ("adequate", "median", "mixed")
"""What the excess of a cut is measured from; mixed: the map gives a level to some of its visits."""

_WHOLE: pa.DataType = pa.int64()
_REAL: pa.DataType = pa.float64()
_TEXT: pa.DataType = pa.string()

BOTTLENECKS = pa.schema(
    [
        ("rank", _WHOLE),  # 1 is the worst; null without evidence
        ("cut", _WHOLE),  # the caller's number of the cut
        ("visits", _WHOLE),
        ("customers", _WHOLE),
        ("excess_ms", _WHOLE),  # total
        ("mean_excess_s", _REAL),  # of a visit
        ("excess_low", _REAL),  # seconds: the lower 90 % bound of the total, not below 0; null without evidence
        ("reason", _TEXT),  # why there is no rank
    ]
)
"""What `rank` says of each cut."""


class Sums(NamedTuple):
    """Visits and excess by cut and customer: whole numbers, so that parts add up in any order."""

    cut: Ints
    customer: Ints
    visits: Ints
    excess_ms: Ints


class Excess(NamedTuple):
    """The sums of some visits, and what their excess is measured from."""

    sums: Sums
    basis: list[str]
    """One of `BASES` by cut number."""


def excess(cut: npt.ArrayLike, customer: npt.ArrayLike, wait_ms: npt.ArrayLike, adequate_ms: npt.ArrayLike) -> Excess:
    """Add up visits by cut and customer: in numpy what ``pipelines/marts/bottleneck_sums.sql`` does, which a test holds to this.

    Args:
        cut: The number of each visit's cut, from 0.
        customer: A number for each visit's customer.
        wait_ms: How long the visit waited.
        adequate_ms: The adequate level for this visit, `NO_LEVEL` where the map gives none.

    >>> found = excess([0, 0, 0, 1], [7, 7, 8, 7], [100, 500, 300, 90], [200, 200, 200, NO_LEVEL])
    >>> found.sums.visits.tolist(), found.sums.excess_ms.tolist(), found.basis
    ([2, 1, 1], [300, 100, 0], ['adequate', 'median'])
    """
    cuts, customers, waits, levels = (np.asarray(column, dtype=np.int64) for column in (cut, customer, wait_ms, adequate_ms))
    n = int(cuts.max()) + 1 if len(cuts) else 0
    bare = levels == NO_LEVEL
    medians = _medians(cuts[bare], waits[bare], n)
    over = np.maximum(0, waits - np.where(bare, medians[cuts], levels))
    without, visits = np.bincount(cuts[bare], minlength=n), np.bincount(cuts, minlength=n)
    basis = [BASES[0] if none == 0 else BASES[1] if none == all_of_it else BASES[2] for none, all_of_it in zip(without, visits, strict=True)]
    return Excess(merge(Sums(cuts, customers, np.ones_like(cuts), over)), basis)


def merge(*parts: Sums) -> Sums:
    """Add up the rows of the same cut and customer, in whatever parts they come; the result is sorted by both."""
    cut, customer, visits, over = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((customer, cut))
    cut, customer = cut[order], customer[order]
    starts = np.flatnonzero(np.concatenate([[len(cut) > 0], (np.diff(cut) != 0) | (np.diff(customer) != 0)])[: len(cut)])
    return Sums(cut[starts], customer[starts], np.add.reduceat(visits[order], starts), np.add.reduceat(over[order], starts))


def rank(sums: Sums) -> pa.Table:
    """Rank cuts by the lower bound of their total excess.

    Args:
        sums: Visits and excess; rows of the same cut and customer are added up.

    Returns:
        Columns as `BOTTLENECKS` says, the worst first; of equal bounds the greater total, then the lower number of the cut comes first. The cuts
        without evidence come last. How customers are numbered makes no difference, with ``==``.

    Source: the linearised (ratio) variance of a clustered mean, Cochran, Sampling Techniques, 3rd ed., 9A; Student's t with customers − 1 degrees.
    """
    return rank_merged(merge(sums))


def rank_merged(sums: Sums) -> pa.Table:
    """Rank cuts, as `rank` does, by sums of which each cut and customer has one row only; the rows may come in any order."""
    cut, _, visits, over = sums
    # Residuals are added in the order of their values, so that the sum doesn't know how customers are numbered.
    cut, over, visits = _ascending(cut, over, visits)
    starts = np.flatnonzero(np.diff(cut, prepend=-1))
    customers = np.diff(np.append(starts, len(cut)))
    total, count = np.add.reduceat(over, starts), np.add.reduceat(visits, starts)
    mean = total / count
    residual = over - np.repeat(mean, customers) * visits
    low = _low(total, np.add.reduceat(residual**2, starts), customers)
    enough = (count >= LEAST_VISITS) & (customers >= LEAST_CUSTOMERS)
    by_rank = np.lexsort((cut[starts], -total, -low, ~enough))
    return _table(cut[starts], count, customers, total, mean / 1000, low / 1000, enough, by_rank)


def _ascending(*columns: Ints) -> list[Ints]:
    """Sort rows of numbers from 0 by all columns. As one number each that costs a tenth; where 64 bits can't hold it, column by column."""
    bits = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(bits) >= 64:  # one is the sign
        order = np.lexsort(columns[::-1])
        return [column[order] for column in columns]
    packed = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, bits, strict=True):
        packed = packed << size | column
    packed.sort()
    found: list[Ints] = []
    for size in reversed(bits):
        found.insert(0, packed & ((1 << size) - 1))
        packed >>= size
    return found


def _low(total: Ints, squares: Floats, customers: Ints) -> Floats:
    """Give the lower bound of totals; 0 of a single customer, whose spread nobody knows."""
    freedom = np.maximum(customers - 1, 1)
    error = np.sqrt(squares * customers / freedom)
    bound: Floats = np.maximum(0.0, total - scipy.special.stdtrit(freedom.astype(np.float64), LEVEL) * error)
    return np.where(customers > 1, bound, 0.0)


def _medians(cut: Ints, wait_ms: Ints, n: int) -> Ints:
    """Give the lower median wait by cut number; 0 for a cut that is not there."""
    order = np.lexsort((wait_ms, cut))
    visits = np.bincount(cut, minlength=n).astype(np.int64)
    middle = np.cumsum(visits) - visits + np.maximum(visits - 1, 0) // 2
    medians = np.zeros(n, dtype=np.int64)
    medians[visits > 0] = wait_ms[order][middle[visits > 0]]
    return medians


def _table(
    cut: Ints, visits: Ints, customers: Ints, total: Ints, mean: Floats, low: Floats, enough: npt.NDArray[np.bool_], by_rank: npt.NDArray[np.intp]
) -> pa.Table:
    """Write the cuts by rank; what has no evidence has no bound, no rank and a reason."""
    thin = f"not enough: at least {LEAST_VISITS} visits of {LEAST_CUSTOMERS} customers are needed"
    known = enough[by_rank]
    columns = {
        "rank": pa.array(np.arange(1, len(cut) + 1), mask=~known),
        "cut": pa.array(cut[by_rank]),
        "visits": pa.array(visits[by_rank]),
        "customers": pa.array(customers[by_rank]),
        "excess_ms": pa.array(total[by_rank]),
        "mean_excess_s": pa.array(mean[by_rank]),
        "excess_low": pa.array(low[by_rank], mask=~known),
        "reason": pa.array([None if each else thin for each in known], pa.string()),
    }
    return pa.table(columns).cast(BOTTLENECKS)
