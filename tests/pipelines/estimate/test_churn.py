"""Scores of customers, and the refusals."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.estimate.bgnbd import fit
from pipelines.estimate.churn import score
from pipelines.estimate.churn_tables import CUSTOMERS, MODELS, SCORES
from pipelines.estimate.histories import collapse
from pipelines.estimate.horizon import default_horizon
from pipelines.estimate.prediction import p_no_purchase

AS_OF_DAY = 20_000  # 2024-10-04
NOBODY = {
    "kind": "known",
    "purchase_days": 0,
    "first_purchase_day": None,
    "last_purchase_day": None,
    "contact_days": 0,
    "first_contact_day": None,
    "last_contact_day": None,
    "spent_minor": None,
    "currency_count": 0,
    "open_complaints": 0,
    "failures": 0,
    "long_waits": 0,
}


def buyer(name, days, first, last, **more):
    bought = {"purchase_days": days, "first_purchase_day": first, "last_purchase_day": last, "spent_minor": 5_000 * days, "currency_count": 1}
    return NOBODY | {"customer_id": name} | bought | more


def visitor(name, days, first, last, **more):
    return NOBODY | {"customer_id": name, "contact_days": days, "first_contact_day": first, "last_contact_day": last} | more


def crowd(make, name, n, seed):
    """Draw customers of every kind: some came once, some come often, some have stopped."""
    random = np.random.default_rng(seed)
    for place in range(n):
        repeats = int(random.geometric(0.3)) - 1
        age = int(random.integers(40, 400))
        last = repeats + int(random.integers(0, age - repeats)) if 0 < repeats < age else 0
        yield make(f"{name}{place}", (repeats if last else 0) + 1, AS_OF_DAY - age, AS_OF_DAY - age + last)


def table(rows):
    return pa.Table.from_pylist(list(rows), schema=CUSTOMERS)


def by_id(scores):
    return {row["customer_id"]: row for row in scores.to_pylist()}


def codes(row):
    return [text.split(": ")[0] for text in row["churn_reasons"]]


BUYERS = list(crowd(buyer, "buyer", 300, seed=1))
VISITORS = list(crowd(visitor, "visitor", 300, seed=2))


def test_the_tables_are_as_described():
    found = score(table(BUYERS), AS_OF_DAY, 60)
    assert (found.scores.schema, found.models.schema) == (SCORES, MODELS)
    assert found.scores["customer_id"].to_pylist() == [row["customer_id"] for row in BUYERS]


def test_each_basis_has_its_own_fit_over_its_own_people():
    found = score(table(BUYERS + VISITORS), AS_OF_DAY, 60)
    alone = score(table(BUYERS), AS_OF_DAY, 60)
    assert found.scores.slice(0, 300) == alone.scores
    assert found.models["n"].to_pylist() == [300, 300]
    assert set(found.scores["basis"].to_pylist()[300:]) == {"contacts"}


def test_the_risk_is_that_of_the_fit():
    columns = [[row["purchase_days"] - 1 for row in BUYERS], [row["last_purchase_day"] - row["first_purchase_day"] for row in BUYERS]]
    columns.append([AS_OF_DAY - row["first_purchase_day"] for row in BUYERS])
    risk = p_no_purchase(fit(collapse(*columns)[0]), *columns, 60)
    assert score(table(BUYERS), AS_OF_DAY, 60).scores["churn_risk"].to_pylist() == risk.tolist()


def test_the_order_of_customers_changes_nothing():
    rows = BUYERS + VISITORS
    order = np.random.default_rng(4).permutation(len(rows))
    here, there = score(table(rows), AS_OF_DAY, 60), score(table([rows[place] for place in order]), AS_OF_DAY, 60)
    assert by_id(here.scores) == by_id(there.scores)
    assert here.models == there.models


def test_a_long_silence_of_a_frequent_buyer_is_named_first():
    loyal = buyer("loyal", 21, AS_OF_DAY - 300, AS_OF_DAY - 100)
    row = by_id(score(table([*BUYERS, loyal]), AS_OF_DAY, 60).scores)["loyal"]
    assert row["churn_risk"] > 0.9
    assert row["churn_reasons"][0] == "silent: 100 days, 10.0 × own usual gap"


def test_one_who_bought_once_long_ago_is_at_risk_and_is_told_so():
    once = buyer("once", 1, AS_OF_DAY - 210, AS_OF_DAY - 210)
    row = by_id(score(table([*BUYERS, once]), AS_OF_DAY, 60).scores)["once"]
    assert row["churn_risk"] > 0.4
    assert row["churn_reasons"] == ["bought_once: 210 days ago"]


def test_one_who_never_bought_is_scored_by_contacts_and_is_told_so():
    row = by_id(score(table(BUYERS + VISITORS), AS_OF_DAY, 60).scores)["visitor0"]
    assert (row["basis"], row["revenue_at_risk_minor"], codes(row)[0]) == ("contacts", None, "never_bought")


def test_where_nobody_buys_never_having_bought_is_no_reason():
    assert all("never_bought" not in codes(row) for row in score(table(VISITORS), AS_OF_DAY, 60).scores.to_pylist())


def test_the_anonymous_are_never_scored_nor_fitted():
    hidden = [row | {"kind": "anonymous", "customer_id": f"cookie:{place}"} for place, row in enumerate(BUYERS)]
    found = score(table(BUYERS + hidden), AS_OF_DAY, 60)
    assert found.models["n"].to_pylist() == [300, 0]
    row = by_id(found.scores)["cookie:0"]
    assert (row["churn_risk"], row["basis"], row["churn_reasons"]) == (None, None, ["not_scored: anonymous"])


def test_too_few_customers_get_a_reason_and_no_number():
    found = score(table(BUYERS[:99] + VISITORS), AS_OF_DAY, 60)
    row = by_id(found.scores)["buyer0"]
    assert (row["churn_risk"], row["basis"], row["revenue_at_risk_minor"]) == (None, None, None)
    assert row["churn_reasons"] == ["not_scored: purchases, 99 customers, at least 100 are needed"]
    assert found.models.to_pylist()[0]["refusal"] == "99 customers, at least 100 are needed"
    assert found.models.to_pylist()[0]["r"] is None


def test_a_customer_of_no_day_has_nothing_to_go_by():
    row = by_id(score(table([*BUYERS, NOBODY | {"customer_id": "none"}]), AS_OF_DAY, 60).scores)["none"]
    assert (row["churn_risk"], row["churn_reasons"]) == (None, ["not_scored: no purchase and no contact"])


def test_no_customer_at_all_is_no_error():
    found = score(CUSTOMERS.empty_table(), AS_OF_DAY, 60)
    assert found.scores.num_rows == 0
    assert found.models["first_on"].to_pylist() == [None, None]


def test_signs_of_trouble_stand_beside_the_score_and_do_not_change_it():
    troubled = BUYERS[5] | {"customer_id": "troubled", "open_complaints": 1, "failures": 3, "long_waits": 2}
    rows = by_id(score(table([*BUYERS, troubled]), AS_OF_DAY, 60).scores)
    assert rows["troubled"]["churn_risk"] == rows["buyer5"]["churn_risk"]
    assert rows["troubled"]["churn_reasons"] == [
        *rows["buyer5"]["churn_reasons"],
        "open_complaints: 1 now",
        "failures: 3 in 90 days",
        "long_waits: 2 in 90 days",
    ]


def test_money_at_risk_scales_with_the_mean_purchase_and_needs_one_currency():
    rich = BUYERS[7] | {"customer_id": "rich", "spent_minor": 1_000 * BUYERS[7]["spent_minor"]}
    mixed = BUYERS[7] | {"customer_id": "mixed", "currency_count": 2}
    unnamed = BUYERS[7] | {"customer_id": "unnamed", "spent_minor": None, "currency_count": 0}
    rows = by_id(score(table([*BUYERS, rich, mixed, unnamed]), AS_OF_DAY, 60).scores)
    assert rows["rich"]["revenue_at_risk_minor"] == pytest.approx(1_000 * rows["buyer7"]["revenue_at_risk_minor"], rel=0.01)
    assert rows["mixed"]["revenue_at_risk_minor"] is None
    assert rows["unnamed"]["revenue_at_risk_minor"] is None


def test_an_event_after_as_of_is_observed_to_its_own_day():
    early = buyer("early", 2, AS_OF_DAY - 9, AS_OF_DAY + 1)
    assert by_id(score(table([*BUYERS, early]), AS_OF_DAY, 60).scores)["early"]["churn_risk"] < 1


def test_days_that_contradict_the_count_are_refused():
    with pytest.raises(ValueError, match="repeats ≤ last ≤ age"):
        score(table([*BUYERS, buyer("wrong", 9, AS_OF_DAY - 3, AS_OF_DAY)]), AS_OF_DAY, 60)


def test_the_horizon_is_twice_the_ninetieth_percentile_of_gaps():
    assert default_horizon(np.arange(1, 101), np.ones(100, dtype=int)) == 180
    assert default_horizon([50, 1], [1, 9]) == 28
    assert default_horizon([50, 20], [2, 8]) == 100


def test_a_horizon_of_no_day_is_refused():
    with pytest.raises(ValueError, match="at least 1 day"):
        score(table(BUYERS), AS_OF_DAY, 0)
