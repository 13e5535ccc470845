"""How far ahead to ask whether a customer comes back."""

import numpy as np
import numpy.typing as npt

LEAST_HORIZON_DAYS = 28
"""A month of whole weeks: below this nearly every customer looks lost."""


def default_horizon(gap_days: npt.ArrayLike, counts: npt.ArrayLike) -> int:
    """Choose the horizon: twice the gap that nine of ten returns keep to, and at least four weeks.

    Args:
        gap_days: Days between one purchase day of a known customer and the next; where nobody buys twice, between contact days.
        counts: How often each gap occurs.

    Returns:
        Whole days, `LEAST_HORIZON_DAYS` or more.

    >>> default_horizon([7, 30, 45], [50, 40, 10]), default_horizon([], [])
    (60, 28)
    """
    gaps, times = np.asarray(gap_days, dtype=np.int64), np.asarray(counts, dtype=np.int64)
    order = np.argsort(gaps, kind="stable")
    reached = np.cumsum(times[order])
    if len(reached) == 0 or reached[-1] == 0:
        return LEAST_HORIZON_DAYS
    place = int(np.searchsorted(10 * reached, 9 * reached[-1], side="left"))
    return max(LEAST_HORIZON_DAYS, 2 * int(gaps[order][place]))
