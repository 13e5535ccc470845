"""Quantiles of durations from counts: a histogram whose buckets grow by 51/49, so that every quantile is within 2 % of the truth.

A histogram is rows (bucket, count) and its merge is ``sum(count) group by bucket``: exact, in any order, which no t-digest or KLL sketch is.
The layout is that of DDSketch (Masson, Rim and Lee, VLDB 2019) with α = 2 %. Bucket 0 holds zero and what is below; bucket b ≥ 1 holds the
integers in (γ^(b−2), γ^(b−1)]. The bounds are whole milliseconds made with whole numbers, so that numpy, SQL and every machine agree on the edges.
"""

import math
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.estimate.arrays import Floats, Ints

ALPHA = 0.02
"""The greatest error of a value, relative to it."""

_GROWTH = (51, 49)  # γ = (1 + α) / (1 − α)
_GREATEST = 2**63 - 1
_STRIDE = 4096  # more than there are buckets, so that a cut and a bucket make one number


@cache
def boundaries() -> Ints:
    """Give the greatest whole millisecond of each bucket, by bucket number.

    A value's bucket is the first whose bound is not below it. Low buckets share bounds (between 1 and 2 there is no integer): the first is meant.

    >>> [int(bound) for bound in boundaries()[[0, 1, 2, 19, 400]]]
    [0, 1, 1, 2, 8555873]
    """
    bounds, up, down = [0], 1, 1
    while up // down < _GREATEST:
        bounds.append(up // down)
        up, down = up * _GROWTH[0], down * _GROWTH[1]
    table = np.array([*bounds, _GREATEST], dtype=np.int64)
    table.flags.writeable = False
    return table


@cache
def values() -> Floats:
    """Give the milliseconds that stand for each bucket: the value whose relative error is least for all integers in it.

    A bucket with a single integer stands for it exactly.
    """
    bounds = [int(bound) for bound in boundaries()]
    pairs = [(min(low + 1, high), high) for low, high in pairwise(bounds)]
    table = np.array([0.0, *(2 * low * high / (low + high) for low, high in pairs)], dtype=np.float64)
    table.flags.writeable = False
    return table


def table() -> pa.Table:
    """Give the buckets that an integer can fall into, for SQL: ``bucket, upper_ms, value_ms``.

    In DuckDB: ``from waits asof join buckets on greatest(wait_ms, 0) <= upper_ms``.
    """
    reachable = np.flatnonzero(np.diff(boundaries(), prepend=-1))
    return pa.table({"bucket": pa.array(reachable.astype(np.int32)), "upper_ms": boundaries()[reachable], "value_ms": values()[reachable]})


def bucket(ms: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """Find the buckets of durations in whole milliseconds; zero and less go to bucket 0.

    >>> [int(found) for found in bucket([-5, 0, 1, 2, 60_000])]
    [0, 0, 1, 19, 277]
    """
    return np.searchsorted(boundaries(), np.asarray(ms, dtype=np.int64), side="left").astype(np.int32)


def value(buckets: npt.ArrayLike) -> Floats:
    """Give the milliseconds that stand for buckets, within 2 % of whatever fell into them.

    Raises:
        IndexError: A bucket is not one of the table's.
    """
    found: Floats = values()[np.asarray(buckets, dtype=np.int64)]
    return found


def merge(buckets: npt.ArrayLike, counts: npt.ArrayLike) -> tuple[Ints, Ints]:
    """Add up rows of the same bucket; buckets ascend, and those whose counts cancel out are gone.

    >>> [part.tolist() for part in merge([7, 3, 7, 5], [1, 2, 4, 0])]
    [[3, 7], [2, 5]]
    """
    found, place = np.unique(np.asarray(buckets, dtype=np.int64), return_inverse=True)
    sums = np.zeros(len(found), dtype=np.int64)
    np.add.at(sums, place.ravel(), np.asarray(counts, dtype=np.int64))
    return found[sums != 0], sums[sums != 0]


def quantile(buckets: npt.ArrayLike, counts: npt.ArrayLike, q: float) -> float | None:
    """Find a quantile in milliseconds: the value of rank ⌈q·n⌉, within 2 %.

    Args:
        buckets: Bucket numbers, in any order, repeated or not.
        counts: How many values fell into each.
        q: From 0 (the least) to 1 (the greatest).

    Returns:
        Milliseconds, or None where there are no values.

    Raises:
        ValueError: ``q`` is not from 0 to 1.

    >>> round(quantile(bucket([100, 300, 200]), [1, 1, 1], 0.5))
    200
    """
    found, sums = merge(buckets, counts)
    if len(found) == 0:
        _rank(q, 0)
        return None
    reached = int(np.searchsorted(np.cumsum(sums), _rank(q, int(sums.sum())), side="left"))
    return float(value(found[reached]))


def quantiles(cuts: npt.ArrayLike, buckets: npt.ArrayLike, counts: npt.ArrayLike, q: float) -> tuple[Ints, Floats]:
    """Find one quantile of many histograms at once.

    Args:
        cuts: The number of the histogram that each row belongs to, 0 or more.
        buckets: Bucket numbers; the rows may come in any order, repeated or not.
        counts: How many values fell into each.
        q: From 0 to 1.

    Returns:
        The cuts that have values, ascending, and their quantiles in milliseconds: to each what `quantile` gives.

    Raises:
        ValueError: ``q`` is not from 0 to 1.

    >>> [part.tolist() for part in quantiles([4, 2, 4, 4], [3, 7, 1, 1], [1, 5, 1, 1], 0.5)]
    [[2, 4], [1.0, 1.0]]
    """
    found, sums = merge(np.asarray(cuts, dtype=np.int64) * _STRIDE + np.asarray(buckets, dtype=np.int64), counts)
    cut = found // _STRIDE
    starts = np.flatnonzero(np.diff(cut, prepend=-1))
    if len(starts) == 0:
        _rank(q, 0)
        return cut, np.zeros(0)
    reached = np.cumsum(sums)
    before = reached[starts] - sums[starts]
    ranks = np.array([_rank(q, int(n)) for n in np.add.reduceat(sums, starts)], dtype=np.int64)
    return cut[starts], value(found[np.searchsorted(reached, before + ranks, side="left")] % _STRIDE)


def quantile_bounds(buckets: npt.ArrayLike, counts: npt.ArrayLike, ranks: tuple[int, int]) -> tuple[float, float]:
    """Give the values of two ranks, such as `intervals.quantile_ranks` finds, in milliseconds.

    Raises:
        IndexError: A rank is greater than the number of values.
    """
    found, sums = merge(buckets, counts)
    low, high = np.searchsorted(np.cumsum(sums), np.asarray(ranks, dtype=np.int64), side="left")
    return float(value(found[low])), float(value(found[high]))


def _rank(q: float, n: int) -> int:
    """Give the rank of a quantile, 1 to n; 0.07 of 100 is the 7th although 0.07 · 100 is a little more than 7 in floats."""
    if not 0 <= q <= 1:
        raise ValueError(f"a quantile lies between 0 and 1, got {q!r}")
    return max(1, math.ceil(q * n - 1e-9 * max(1.0, q * n)))
