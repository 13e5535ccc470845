"""Intervals of shares, scores and quantiles that keep their promise when n is small.

Plain Wald intervals don't: at n = 10 they hold .65–.90 of the time where .95 is written on them.
"""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import scipy

from pipelines.estimate.arrays import Floats


def wilson(k: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Bound a share from ``k`` hits in ``n`` trials.

    Args:
        k: Hits, 0 to ``n``; a number or an array.
        n: Trials. Of none, the interval is the whole range: nothing is known.
        level: Two-sided, between 0 and 1.

    Returns:
        Lower and upper bounds, 0 to 1.

    Raises:
        ValueError: ``level`` isn't between 0 and 1, or ``k`` isn't between 0 and ``n``.

    Source: Wilson 1927; it is the interval of the score test, see Brown, Cai and DasGupta 2001.

    >>> [round(100 * float(bound), 1) for bound in wilson(40, 50)]
    [67.0, 88.8]
    """
    hits, trials = _counts(k, n)
    z = _z(level)
    share = hits / np.maximum(trials, 1)
    inverse = 1 / np.maximum(trials, 1)
    centre = share + z * z * inverse / 2
    half = z * np.sqrt(inverse * (share * (1 - share) + z * z * inverse / 4))
    scale = 1 + z * z * inverse
    # At k = 0 and k = n a bound is 0 or 1 exactly; rounding would leave 1e-17 beside it.
    low = np.where(hits == 0, 0.0, (centre - half) / scale)
    high = np.where(hits == trials, 1.0, (centre + half) / scale)
    return low, high


def nps(promoters: npt.ArrayLike, detractors: npt.ArrayLike, n: npt.ArrayLike, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Score and bound a net promoter score, in points.

    Args:
        promoters: Answers of 9 and 10.
        detractors: Answers of 0 to 6.
        n: All answers.
        level: Two-sided, between 0 and 1.

    Returns:
        The score, its lower and its upper bound, −100 to 100; without an answer NaN and the whole range.

    Raises:
        ValueError: ``level`` isn't between 0 and 1, or the counts exceed ``n``.

    Source: adjusted Wald, n + 3 with ¾ of an answer on either side: Rocks 2016 (The American Statistician); Lewis and Sauro 2021.

    >>> [round(float(figure), 1) for figure in nps(50, 20, 100)]
    [30.0, 14.1, 44.2]
    """
    pro, answers = _counts(promoters, n)
    con, _ = _counts(detractors, answers - pro)
    p, d = (pro + 0.75) / (answers + 3), (con + 0.75) / (answers + 3)
    half = _z(level) * np.sqrt((p + d - (p - d) ** 2) / (answers + 3))
    score = np.where(answers > 0, (pro - con) / np.maximum(answers, 1), np.nan)
    half = np.where(answers > 0, half, 2.0)
    return 100 * score, 100 * np.maximum(p - d - half, -1.0), 100 * np.minimum(p - d + half, 1.0)


def quantile_ranks(q: float, n: int, level: float = 0.95) -> tuple[int, int] | None:
    """Find the two order statistics that enclose a quantile, whatever the distribution.

    Args:
        q: The quantile, between 0 and 1.
        n: How many values there are.
        level: Two-sided, between 0 and 1; half of the error on either side.

    Returns:
        The ranks of the lower and the upper bound, 1 to ``n``; None where ``n`` values are too few for this level.

    Raises:
        ValueError: ``q`` or ``level`` isn't between 0 and 1, or ``n`` is negative.

    Source: the number of values below the quantile is binomial (David and Nagaraja, Order Statistics, 7.1).

    >>> quantile_ranks(0.5, 20)
    (6, 15)
    >>> quantile_ranks(0.9, 20) is None
    True
    """
    if not 0 < q < 1 or n < 0:
        raise ValueError(f"a quantile between 0 and 1 of n ≥ 0 values is wanted, got q={q!r}, n={n!r}")
    _z(level)
    if n == 0:
        return None
    tail = (1 - level) / 2
    below = scipy.special.bdtr(np.arange(n + 1, dtype=np.float64), n, q)  # P(at most k values lie below the quantile)
    low = int(np.searchsorted(below, tail, side="right"))  # the greatest rank j with P(fewer than j lie below) ≤ tail
    high = int(np.searchsorted(below, 1 - tail, side="left")) + 1  # the least rank j with P(j or more lie below) ≤ tail
    return (low, high) if low >= 1 and high <= n else None


def _z(level: float) -> float:
    """Give the normal quantile of a two-sided level."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, got {level!r}")
    return NormalDist().inv_cdf((1 + level) / 2)


def _counts(k: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Read two counts as floats and refuse what can't be a count of hits."""
    hits, trials = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not bool(np.all((hits >= 0) & (hits <= trials))):
        raise ValueError(f"hits lie between 0 and the trials, got {k!r} of {n!r}")
    return hits, trials
