"""Who is about to leave: the chance that nothing comes from a customer within a horizon, why, and what would be lost.

``churn_risk`` is P(no purchase day within the horizon) for those who have bought, and P(no contact day within it) for those who never have:
two fits, each over its own people, and ``basis`` says which. Where a fit is refused, nobody of that basis gets a number.

``revenue_at_risk_minor`` = churn_risk × E[purchase days within the horizon | still a customer] × mean money of a purchase day: the value of the
horizon if the customer stays, times the chance that nothing of it comes. Null where no purchase named money, or several currencies were paid.
"""

from datetime import date, timedelta
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.estimate.arrays import Floats, Ints
from pipelines.estimate.bgnbd import Fit, Refusal, fit
from pipelines.estimate.churn_reasons import never_bought, not_scored, of_model, of_signs
from pipelines.estimate.churn_tables import MODELS, SCORES
from pipelines.estimate.histories import Histories, collapse
from pipelines.estimate.prediction import Parts, expected_if_alive, p_no_purchase, parts
from pipelines.estimate.reasons import Reason, listed, numbers


class Churn(NamedTuple):
    """Scores in the order of the customers given, and the fits behind them."""

    scores: pa.Table
    """Columns as `churn_tables.SCORES` says."""
    models: pa.Table
    """Columns as `churn_tables.MODELS` says; one row a basis."""


class _People(NamedTuple):
    """The customers of one basis; days since 1970-01-01."""

    basis: str
    rows: Ints
    days: Ints
    first: Ints
    last: Ints
    mean_minor: Floats
    """Money of a purchase day; NaN where unknown."""


class _Verdict(NamedTuple):
    """What one fit says of its people."""

    people: _People
    model: Fit | Refusal
    risk: Floats
    revenue: Floats
    reasons: list[Reason]


def score(customers: pa.Table, as_of_day: int, horizon_days: int) -> Churn:
    """Score every known customer; the anonymous are counted, never scored.

    Args:
        customers: Rows as `churn_tables.CUSTOMERS` says, in any order.
        as_of_day: The last UTC day of observation, in days since 1970-01-01: that of the last microsecond before ``as_of``.
        horizon_days: How far ahead to ask, at least 1; see `horizon.default_horizon`.

    Returns:
        Scores in the order of ``customers``; each customer's are equal, with ``==``, in whatever order they are given.

    Raises:
        ValueError: The horizon is less than a day, or a customer's counts and days contradict each other.
    """
    if horizon_days < 1:
        raise ValueError(f"a horizon has at least 1 day, got {horizon_days!r}")
    known = _known(customers)
    bought, touched = _whole(customers, "purchase_days") > 0, _whole(customers, "contact_days") > 0
    buyers = _people(customers, "purchases", "purchase", np.flatnonzero(known & bought))
    others = _people(customers, "contacts", "contact", np.flatnonzero(known & ~bought & touched))
    verdicts = [_judge(people, as_of_day, horizon_days, others_buy=len(buyers.rows) > 0) for people in (buyers, others)]
    unscored = [not_scored(np.flatnonzero(~known), "anonymous"), not_scored(np.flatnonzero(known & ~bought & ~touched), "no purchase and no contact")]
    scores = _scores(customers, horizon_days, verdicts, [*unscored, *of_signs(customers)])
    return Churn(scores, pa.Table.from_pylist([_model_row(verdict, as_of_day, horizon_days) for verdict in verdicts], schema=MODELS))


def _judge(people: _People, as_of_day: int, horizon_days: int, *, others_buy: bool) -> _Verdict:
    """Fit one basis and score its people: once for each distinct history, then spread."""
    # With several partitions as_of may lie before a customer's last event: that customer is observed to the event.
    age = np.maximum(as_of_day, people.last) - people.first
    histories, place = collapse(people.days - 1, people.last - people.first, age)
    model = fit(histories)
    each = Histories(*(column[place] for column in histories))
    reasons = [never_bought(people.rows, each)] if people.basis == "contacts" and others_buy else []
    if isinstance(model, Refusal):
        nothing = np.full(len(people.rows), np.nan)
        return _Verdict(people, model, nothing, nothing, [not_scored(people.rows, f"{people.basis}, {model.reason}"), *reasons])
    x, last, to_end = histories[:3]
    risk = p_no_purchase(model, x, last, to_end, horizon_days)[place]
    expected = expected_if_alive(model, x, to_end, horizon_days)[place] if people.basis == "purchases" else np.full(len(place), np.nan)
    why = Parts(*(part[place] for part in parts(model, x, last, to_end, horizon_days)))
    return _Verdict(people, model, risk, risk * expected * people.mean_minor, [*reasons, *of_model(people.basis, people.rows, each, why)])


def _scores(customers: pa.Table, horizon_days: int, verdicts: list[_Verdict], more: list[Reason]) -> pa.Table:
    """Lay the verdicts into the customers' rows."""
    n = customers.num_rows
    risk, revenue, basis = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, dtype=np.int64)
    for mark, verdict in enumerate(verdicts, start=1):
        rows = verdict.people.rows
        risk[rows], revenue[rows] = verdict.risk, verdict.revenue
        basis[rows] = 0 if isinstance(verdict.model, Refusal) else mark
    columns = {
        "customer_id": customers["customer_id"],
        "churn_risk": pa.array(risk, mask=np.isnan(risk)),
        "horizon_days": pa.array(np.full(n, horizon_days, dtype=np.int32)),
        "basis": pa.array([None, *(verdict.people.basis for verdict in verdicts)], pa.string()).take(numbers(basis)),
        "churn_reasons": listed(n, [one for verdict in verdicts for one in verdict.reasons] + more),
        "revenue_at_risk_minor": pa.array(np.rint(np.nan_to_num(revenue)).astype(np.int64), mask=np.isnan(revenue)),
    }
    return pa.table(columns).cast(SCORES)


def _model_row(verdict: _Verdict, as_of_day: int, horizon_days: int) -> dict[str, object]:
    """Write down what a fit, or its refusal, stands on."""
    people, model = verdict.people, verdict.model
    anybody = len(people.rows) > 0
    row: dict[str, object] = {
        "basis": people.basis,
        "n": model.n,
        "n_fitted": 0,
        "repeaters": model.repeaters,
        "first_on": _date(int(people.first.min())) if anybody else None,
        "last_on": _date(int(people.last.max())) if anybody else None,
        "as_of_on": _date(as_of_day),
        "horizon_days": horizon_days,
        "at_limit": [],
    }
    if isinstance(model, Refusal):
        return row | {"refusal": model.reason}
    return row | {name: value for name, value in model._asdict().items() if name in MODELS.names}


def _people(customers: pa.Table, basis: str, event: str, rows: Ints) -> _People:
    """Read the customers of one basis."""
    days, spent = _whole(customers, f"{event}_days")[rows], _whole(customers, "spent_minor")[rows]
    named = customers["spent_minor"].is_valid().to_numpy()[rows] & (_whole(customers, "currency_count")[rows] == 1)
    first, last = _whole(customers, f"first_{event}_day")[rows], _whole(customers, f"last_{event}_day")[rows]
    return _People(basis, rows, days, first, last, np.where(named, spent / days, np.nan))


def _known(customers: pa.Table) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.equal(customers["kind"], pa.scalar("known")).to_numpy(), dtype=np.bool_)


def _whole(customers: pa.Table, column: str) -> Ints:
    """Read a column of whole numbers; 0 stands for null, wherever it is not looked at."""
    filled = cast("pa.ChunkedArray[pa.Int64Scalar]", pc.coalesce(customers[column], pa.scalar(0, pa.int64())))
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)
