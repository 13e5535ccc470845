"""BG/NBD: how often customers come while they are customers, and how many leave after each time, from three whole numbers each.

While a customer stays, events come at a rate λ ~ Gamma(r, α) a week; after each of them the customer leaves with probability p ~ Beta(a, b).
Nobody says goodbye: leaving is only seen as silence. The likelihood has a closed form.

Source: Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing Science 24(2), 275–284.
"""

import math
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded when they are first used, which takes as long as all the rest of a start

from pipelines.estimate.arrays import Floats, Ints
from pipelines.estimate.histories import Histories, thin

DAYS_A_WEEK = 7.0
"""Data come in whole days, rates are per week: the unit in which the model's parameters are published."""

LEAST_CUSTOMERS = 100
LEAST_REPEATERS = 30
"""With fewer, a fit of four parameters says more about chance than about customers."""

MOST_HISTORIES = 200_000
"""More distinct histories than this are thinned (`histories.thin`): four parameters need no more, and time has an end."""

_NAMES = ("r", "rate", "leaving", "firmness")
# The search runs over ln r, ln of the mean rate r/α, the logit of the mean leaving probability a/(a+b), and ln (a+b): these are far less
# entangled than r, α, a, b, and each has a natural box. A parameter that ends on its box is a limit of the model (all customers alike,
# nobody leaves), not a failure; the fit says so.
_BOX = ((math.log(1e-3), math.log(1e3)), (math.log(1e-6), math.log(7.0)), (-9.0, 9.0), (math.log(1e-2), math.log(1e4)))
_STARTS = ((0.5, 1.0, -1.0, 1.0), (2.0, 2.0, -3.0, 2.0))  # r, multiple of the naive rate, logit, ln(a+b)
_FLAT = 1e-5  # of the gradient of the mean log-likelihood: beyond this the search has not arrived


class Fit(NamedTuple):
    """Four parameters (the unit of time is the week) and what they stand on."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    """Of the customers that were fitted."""
    n: int
    """Customers given."""
    n_fitted: int
    """Customers fitted: fewer than given only where their histories had to be thinned."""
    repeaters: int
    """Customers given who came back at least once."""
    at_limit: tuple[str, ...] = ()
    """Which of r, rate (r/α), leaving (a/(a+b)), firmness (a+b) ended on the edge of the search."""


class Refusal(NamedTuple):
    """Why there is no fit, and of how many customers."""

    reason: str
    n: int
    repeaters: int


def fit(histories: Histories) -> Fit | Refusal:
    """Find the parameters of greatest likelihood, always the same for the same histories.

    Args:
        histories: In days; see `histories.collapse`.

    Returns:
        The fit, or the reason why these customers are too few or too short a story for one.
    """
    n, repeaters = histories.n, histories.repeaters
    if n < LEAST_CUSTOMERS:
        return Refusal(f"{n} customers, at least {LEAST_CUSTOMERS} are needed", n, repeaters)
    if repeaters < LEAST_REPEATERS:
        return Refusal(f"{repeaters} customers came back, at least {LEAST_REPEATERS} are needed", n, repeaters)
    sample = thin(histories, MOST_HISTORIES)
    place = _search(sample)
    if place is None:
        return Refusal("the search for the likeliest parameters did not arrive", n, repeaters)
    r, alpha, a, b = _natural(place)
    edges = tuple(name for name, value, box in zip(_NAMES, place, _BOX, strict=True) if min(value - box[0], box[1] - value) < 1e-6)
    return Fit(r, alpha, a, b, log_likelihood(sample, r, alpha, a, b), n, sample.n, repeaters, edges)


def log_likelihood(histories: Histories, r: float, alpha: float, a: float, b: float) -> float:
    """Add up the log-likelihood of histories in days under parameters in weeks."""
    return _Likelihood(histories).value_and_slope(r, alpha, a, b)[0]


class _Likelihood:
    """The log-likelihood and its gradient; what depends on the data alone is made once.

    Logarithms are taken of the distinct days and gamma functions of the distinct repeats, then spread: there are few of either.
    """

    def __init__(self, histories: Histories) -> None:
        self._count = histories.customers.astype(np.float64)
        self._x, self._x_at = np.unique(histories.repeats, return_inverse=True)
        self._x_count = _sums(self._x_at, histories.customers, len(self._x))
        self._days, at = np.unique(np.concatenate([histories.last, histories.age]), return_inverse=True)
        self._last_at, self._age_at = at[: len(self._count)], at[len(self._count) :]
        self._repeats = histories.repeats.astype(np.float64)
        self._back = histories.repeats > 0

    def value_and_slope(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        """Give the log-likelihood and its derivatives by r, α, a, b."""
        special, x = scipy.special, self._x.astype(np.float64)
        n: Floats = self._x_count.astype(np.float64)
        weeks = alpha + self._days / DAYS_A_WEEK
        log_weeks, shape = np.log(weeks), r + self._repeats
        after_last = np.where(x > 0, math.log(a) - np.log(b + np.maximum(x, 1.0) - 1), -np.inf)
        stayed = -shape * log_weeks[self._age_at]
        left = after_last[self._x_at] - shape * log_weeks[self._last_at]
        both = np.logaddexp(stayed, left)
        gone = np.where(self._back, np.exp(left - both), 0.0)
        by_x = special.gammaln(r + x) - special.gammaln(r) + r * math.log(alpha) + special.betaln(a, b + x) - special.betaln(a, b)
        value = _dot(n, by_x) + _dot(self._count, both)

        weight = self._count * gone
        gone_by_x: Floats = np.bincount(self._x_at, weights=weight, minlength=len(x)).astype(np.float64)
        log_sum = _dot(self._count - weight, log_weeks[self._age_at]) + _dot(weight, log_weeks[self._last_at])
        inverse_sum = _dot((self._count - weight) * shape, (1 / weeks)[self._age_at]) + _dot(weight * shape, (1 / weeks)[self._last_at])
        by_both = _dot(n, special.psi(a + b) - special.psi(a + b + x))
        slope = [
            _dot(n, special.psi(r + x) - special.psi(r)) + n.sum() * math.log(alpha) - log_sum,
            n.sum() * r / alpha - inverse_sum,
            by_both + gone_by_x.sum() / a,
            by_both + _dot(n, special.psi(b + x) - special.psi(b)) - _dot(gone_by_x[x > 0], 1 / (b + x[x > 0] - 1)),
        ]
        return value, np.array(slope, dtype=np.float64)


def _search(histories: Histories) -> Floats | None:
    """Climb from two fixed places and keep the better summit; None where neither climb arrived."""
    likelihood, n = _Likelihood(histories), histories.n

    def loss(place: Floats) -> tuple[float, Floats]:
        r, alpha, a, b = _natural(place)
        value, slope = likelihood.value_and_slope(r, alpha, a, b)
        leaving = a / (a + b)
        chain = [r * slope[0] + alpha * slope[1], -alpha * slope[1], b * leaving * (slope[2] - slope[3]), a * slope[2] + b * slope[3]]
        return -value / n, -np.array(chain) / n

    events, days = ((histories.customers * column).sum() + 1 for column in (histories.repeats, histories.age))
    naive = float(events / days) * DAYS_A_WEEK
    best: tuple[float, Floats] | None = None
    for r, multiple, leaving, firmness in _STARTS:
        start = np.array([math.log(r), math.log(multiple * naive), leaving, firmness])
        found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_BOX, options={"maxiter": 500, "ftol": 1e-15, "gtol": 1e-9})
        if _arrived(found.x, found.jac) and (best is None or found.fun < best[0]):
            best = (float(found.fun), found.x)
    return None if best is None else best[1]


def _arrived(place: Floats, slope: Floats) -> bool:
    """Say whether the ground is flat, but for walking out of the box."""
    low, high = np.array(_BOX).T
    step = place - np.clip(place - slope, low, high)
    return bool(np.isfinite(step).all() and np.abs(step).max() <= _FLAT)


def _natural(place: Floats) -> tuple[float, float, float, float]:
    """Turn the coordinates of the search into r, α, a, b."""
    r, leaving, total = math.exp(place[0]), float(scipy.special.expit(place[2])), math.exp(place[3])
    return r, math.exp(place[0] - place[1]), leaving * total, (1 - leaving) * total


def _dot(weights: Floats, values: Floats) -> float:
    """Add products on one thread in a fixed order, which a matrix library does not promise."""
    return float((weights * values).sum())


def _sums(groups: Ints, counts: Ints, n: int) -> Ints:
    """Add whole numbers by group."""
    sums = np.zeros(n, dtype=np.int64)
    np.add.at(sums, groups, counts)
    return sums
