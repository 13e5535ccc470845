"""The reasons of a churn risk, each with what it weighs.

−ln(1 − churn_risk) is the sum of three parts (`prediction.Parts`); a part is named where it alone lowers the chance that something comes by a
tenth or more. Signs of trouble follow with weight 0: they are facts beside the score, which the model doesn't know.

The codes: silent, may_leave, bought_once, buys_rarely, contact_once, contacts_rarely, never_bought; open_complaints, failures, long_waits;
not_scored.
"""

import math

import numpy as np
import pyarrow as pa

from pipelines.estimate.arrays import Floats, Ints
from pipelines.estimate.histories import Histories
from pipelines.estimate.prediction import Parts
from pipelines.estimate.reasons import Reason, counted, percent, reason, tenths, whole

SIGN_DAYS = 90
"""How far back failures and long waits are counted."""

_NAMED = -math.log(0.9)
_CODES = {"purchases": ("bought_once", "buys_rarely", "purchase"), "contacts": ("contact_once", "contacts_rarely", "contact")}


def of_model(basis: str, rows: Ints, each: Histories, why: Parts) -> list[Reason]:
    """Name the parts of the risk that matter.

    Args:
        basis: purchases or contacts.
        rows: The customers' rows.
        each: Their histories, one a row.
        why: The parts of their risks.
    """
    once_code, rarely_code, event = _CODES[basis]
    silence = each.age - each.last
    once = np.flatnonzero((why.pace >= _NAMED) & (each.repeats == 0))
    rarely = np.flatnonzero((why.pace >= _NAMED) & (each.repeats > 0))
    silent, leaving = np.flatnonzero(why.silence >= _NAMED), np.flatnonzero(why.leaving >= _NAMED)
    gaps = _gaps(each, silence, silent)
    days, span = counted(each.repeats[rarely] + 1, "day"), counted(each.age[rarely], "day")
    return [
        reason("silent", rows[silent], why.silence[silent], counted(silence[silent], "day"), ", ", tenths(gaps), " × own usual gap"),
        reason(once_code, rows[once], why.pace[once], counted(each.age[once], "day"), " ago"),
        reason(rarely_code, rows[rarely], why.pace[rarely], "on ", days, " in ", span),
        reason("may_leave", rows[leaving], why.leaving[leaving], percent(-np.expm1(-why.leaving[leaving])), f" leave after such a {event}"),
    ]


def never_bought(rows: Ints, each: Histories) -> Reason:
    """Say first of all that a customer has never bought: the risk is of another kind."""
    return reason("never_bought", rows, math.inf, "in contact on ", counted(each.repeats + 1, "day"))


def not_scored(rows: Ints, why: str) -> Reason:
    """Say why there is no number."""
    return reason("not_scored", rows, math.inf, why)


def of_signs(customers: pa.Table) -> list[Reason]:
    """Name signs of trouble, beside the score."""
    found = []
    for code, words in (("open_complaints", " now"), ("failures", f" in {SIGN_DAYS} days"), ("long_waits", f" in {SIGN_DAYS} days")):
        n = np.asarray(customers[code].to_numpy(), dtype=np.int64)
        rows = np.flatnonzero(n > 0)
        found.append(reason(code, rows, 0.0, whole(n[rows]), words))
    return found


def _gaps(each: Histories, silence: Ints, rows: Ints) -> Floats:
    """Measure silences in the customers' own mean gaps."""
    gaps: Floats = silence[rows] * each.repeats[rows] / each.last[rows]
    return gaps
