"""What a BG/NBD fit says of one history: has the customer left, will nothing come within a horizon, how many purchases would.

P(alive) is 1 for whoever bought once, so 1 − P(alive) is no churn score: on CDNOW it ranks worse than chance (AUC .32). The question with an
answer that can be checked is whether anything comes within the horizon.

Every function takes days (numbers or arrays, of equal length or one) and works element by element.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from pipelines.estimate.arrays import Floats, Ints
from pipelines.estimate.bgnbd import DAYS_A_WEEK, Fit

_NODES = 32  # of the quadrature: within 1e-8 of the 2F1 form wherever that one works


class Parts(NamedTuple):
    """−ln P(something comes within the horizon) as a sum of three parts, none below 0: what makes a purchase unlikely."""

    leaving: Floats
    """Some leave right after an event."""
    silence: Floats
    """The silence since then, against the customer's own pace; 0 for one who came once."""
    pace: Floats
    """Events are rare for this customer, even one who stays."""


def p_alive(fit: Fit, repeats: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
    """Give the probability that customers have not left; 1 for whoever came once (see the module).

    Source: Fader, Hardie and Lee 2008, Computing P(alive) Using the BG/NBD Model.
    """
    at_last, by_silence = _odds(fit, _days(repeats), _days(last), _days(age))
    alive: Floats = 1 / (1 + at_last * np.exp(by_silence))
    return alive


def p_no_purchase(fit: Fit, repeats: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike, horizon: npt.ArrayLike) -> Floats:
    """Give the probability that nothing comes within ``horizon`` days: 1 − P(alive)·[1 − ((α+T)/(α+T+h))^(r+x)]."""
    risk: Floats = 1 - p_alive(fit, repeats, last, age) * -np.expm1(-_pace(fit, _days(repeats), _days(age), _days(horizon)))
    return risk


def parts(fit: Fit, repeats: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike, horizon: npt.ArrayLike) -> Parts:
    """Split −ln(1 − `p_no_purchase`) into leaving, silence and pace; the three add up to it."""
    at_last, by_silence = _odds(fit, _days(repeats), _days(last), _days(age))
    leaving = np.log1p(at_last)
    silence = np.log1p(at_last * np.exp(by_silence)) - leaving
    return Parts(leaving, silence, -np.log(-np.expm1(-_pace(fit, _days(repeats), _days(age), _days(horizon)))))


def expected_if_alive(fit: Fit, repeats: npt.ArrayLike, age: npt.ArrayLike, horizon: float) -> Floats:
    """Give the purchases to expect within ``horizon`` days of customers who have not left yet, but may.

    The mean of (1 − (1 + p·h/(α+T))^−(r+x))/p over p ~ Beta(a, b+x), by Gauss–Jacobi quadrature: the published form with 2F1 has a hole
    at a = 1, where fits do end.
    """
    pairs, place = np.unique((_whole(repeats) << 32) | _whole(age), return_inverse=True)
    x, weeks = pairs >> 32, (pairs & 0xFFFFFFFF) / DAYS_A_WEEK
    expected = np.empty(len(pairs), dtype=np.float64)
    edges = np.flatnonzero(np.diff(x, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        p, weight = _leaving_nodes(fit, int(x[start]))
        ratio = horizon / DAYS_A_WEEK / (fit.alpha + weeks[start:end])
        # Summed row by row: a matrix product would depend on how many rows there are.
        values = -np.expm1(-(fit.r + int(x[start])) * np.log1p(ratio[:, None] * p)) / p * weight
        expected[start:end] = values.sum(axis=1)
    spread: Floats = expected[place.ravel()]
    return spread


def expected_purchases(fit: Fit, repeats: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike, horizon: float) -> Floats:
    """Give the purchases to expect within ``horizon`` days: E[Y(h) | x, t_x, T] of the paper."""
    expected: Floats = p_alive(fit, repeats, last, age) * expected_if_alive(fit, repeats, age, horizon)
    return expected


def _odds(fit: Fit, x: Floats, last: Floats, age: Floats) -> tuple[Floats, Floats]:
    """Give the odds of having left at the last event, and the logarithm of what the silence since then multiplies them by."""
    at_last = np.where(x > 0, fit.a / (fit.b + np.maximum(x, 1) - 1), 0.0)
    by_silence = (fit.r + x) * np.log1p((age - last) / DAYS_A_WEEK / (fit.alpha + last / DAYS_A_WEEK))
    # Past e^600 the customer has left for certain; the exponential must not overflow.
    return at_last, np.where(x > 0, np.minimum(by_silence, 600.0), 0.0)


def _pace(fit: Fit, x: Floats, age: Floats, horizon: Floats) -> Floats:
    """Give −ln P(nothing within the horizon | alive)."""
    pace: Floats = (fit.r + x) * np.log1p(horizon / DAYS_A_WEEK / (fit.alpha + age / DAYS_A_WEEK))
    return pace


def _leaving_nodes(fit: Fit, x: int) -> tuple[Floats, Floats]:
    """Give places and weights that stand for Beta(a, b+x), the leaving probability of one who has stayed through x repeats.

    Source: Golub and Welsch 1969. The weights come out with sum 1, where `scipy.special.roots_jacobi` overflows past a+b+x = 1,000.
    """
    a, b = fit.a, fit.b + x
    k = np.arange(1, _NODES, dtype=np.float64)
    total = 2 * k + a + b
    centre = 0.5 + (a - b) * (a + b - 2) / (2 * total * (total - 2))
    # At k = 1 the general form is 0/0 where a + b = 1.
    rest = np.concatenate([[1 / (a + b + 1)], (k[1:] + a + b - 2) / ((total[1:] - 1) * (total[1:] - 3))])
    beside = k * (k + a - 1) * (k + b - 1) * rest / (total - 2) ** 2
    place, vectors = scipy.linalg.eigh_tridiagonal(np.concatenate([[a / (a + b)], centre]), np.sqrt(beside))
    return np.maximum(place, 1e-18), vectors[0] ** 2


def _days(given: npt.ArrayLike) -> Floats:
    return np.asarray(given, dtype=np.float64)


def _whole(given: npt.ArrayLike) -> Ints:
    return np.atleast_1d(np.asarray(given, dtype=np.int64))
