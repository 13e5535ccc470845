from __future__ import annotations

from collections import defaultdict

import msgspec
import numpy as np
import pytest

from pipelines.estimate.bgnbd import Fit, fit
from pipelines.estimate.histories import collapse
from pipelines.simulate import Simulation, simulate
from pipelines.simulate.churn import leavers
from pipelines.simulate.customers import Law
from schemas.touchpoint import Touchpoint

_DECODER = msgspec.json.Decoder(Touchpoint)


def _purchase_days(run: Simulation) -> dict[str, set[int]]:
    days: dict[str, set[int]] = defaultdict(set)
    for block in run.blocks():
        for line in block.lines.splitlines():
            if b'"order.paid"' in line or b'"purchase.made"' in line:
                event = _DECODER.decode(line)
                days[event.customer_id or (event.identifiers or [""])[0]].add(int(event.time.timestamp()) // 86_400)
    return days


def test_a_bgnbd_fit_on_a_clean_log_finds_the_law_of_buying() -> None:
    run = simulate(200_000, 11, clean=True)
    days = _purchase_days(run)
    first, last = np.array([min(d) for d in days.values()]), np.array([max(d) for d in days.values()])
    repeats = np.array([len(d) - 1 for d in days.values()])
    found = fit(collapse(repeats, last - first, last.max() - first)[0])
    law = Law()
    assert isinstance(found, Fit)
    assert found.r / found.alpha == pytest.approx(law.r / law.alpha_weeks, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(law.a / (law.a + law.b), abs=0.05)


def test_who_has_left_comes_back_at_no_till_and_some_left_after_a_bad_journey() -> None:
    run = simulate(40_000, 11)
    days = _purchase_days(run)
    left = {str(row["customer"]): row for row in leavers(run.customers, run.end)}
    assert {"lost interest after a purchase", "paid and not delivered in time", "bad call"} <= {row["why"] for row in left.values()}
    returned = [name for name, row in left.items() if name in days and max(days[name]) * 86_400 > _day_of(str(row["left_at"])) + 86_400]
    assert returned == []


def _day_of(at: str) -> int:
    return int(np.datetime64(at[:10]).astype("datetime64[s]").astype(int))
