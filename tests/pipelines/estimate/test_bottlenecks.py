"""Excess waiting adds up exactly, and its lower bound keeps its promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.estimate.bottlenecks import BOTTLENECKS, NO_LEVEL, Sums, excess, merge, rank

visits = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 5_000), st.sampled_from([NO_LEVEL, 0, 1_000])), min_size=1, max_size=80
)


def columns(rows):
    return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]


def lists(sums):
    return [column.tolist() for column in sums]


@given(visits)
def test_excess_is_that_of_the_definition(rows):
    found = excess(*columns(rows))
    expected = {}
    for cut, customer, wait, level in rows:
        bare = sorted(other[2] for other in rows if other[0] == cut and other[3] == NO_LEVEL)
        over = max(0, wait - (bare[(len(bare) - 1) // 2] if level == NO_LEVEL else level))
        n, total = expected.get((cut, customer), (0, 0))
        expected[cut, customer] = (n + 1, total + over)
    assert lists(found.sums) == lists(columns([(*key, *expected[key]) for key in sorted(expected)]))


@given(visits, st.integers(0, 80), st.randoms(use_true_random=False))
def test_parts_in_any_order_add_up_to_the_whole(rows, cut, random):
    whole = excess(*columns(rows)).sums
    shuffled = random.sample(list(zip(*whole, strict=True)), k=len(whole.cut))
    parts = [Sums(*columns(part)) for part in (shuffled[:cut], shuffled[cut:]) if part]
    assert lists(merge(*parts)) == lists(whole)
    assert rank(merge(*parts)) == rank(whole)


def drawn(cuts, customers, seed, mean_ms=60_000.0):
    """Draw cuts whose customers differ in how long they wait, five visits each."""
    random = np.random.default_rng(seed)
    own = random.lognormal(-0.32, 0.8, (cuts, customers, 1)) * np.broadcast_to(mean_ms, (cuts,))[:, None, None]
    waits = random.gamma(4, np.broadcast_to(own / 4, (cuts, customers, 5)))
    cut, customer, _ = np.indices(waits.shape)
    return cut.ravel(), customer.ravel(), waits.astype(np.int64).ravel(), np.zeros(waits.size, dtype=np.int64)


def test_the_bound_lies_below_the_truth_nine_times_of_ten_or_more():
    found = rank(excess(*drawn(cuts=2_000, customers=40, seed=1)).sums)
    below = np.mean(found["excess_low"].to_numpy() <= 60.0 * found["visits"].to_numpy())
    assert 0.89 <= below <= 0.97


def test_visits_taken_as_independent_would_claim_too_much():
    cut, _, waits, level = drawn(cuts=2_000, customers=40, seed=1)
    apart = rank(excess(cut, np.arange(len(cut)), waits, level).sums)
    assert np.mean(apart["excess_low"].to_numpy() <= 60.0 * apart["visits"].to_numpy()) < 0.86


def test_how_customers_are_numbered_changes_nothing():
    cut, customer, waits, level = drawn(cuts=20, customers=40, seed=2)
    renamed = np.random.default_rng(3).permutation(1_000)[customer]
    assert rank(excess(cut, customer, waits, level).sums) == rank(excess(cut, renamed, waits, level).sums)


def test_one_unlucky_customer_does_not_lead():
    cut = np.repeat([0, 1], 100)
    customer = np.tile(np.arange(20), 10)
    waits = np.where(cut == 0, np.where(customer == 0, 3_000_000, 0), 120_000)
    found = rank(excess(cut, customer, waits, np.zeros(200)).sums)
    assert found["excess_ms"].to_pylist() == [12_000_000, 15_000_000]
    assert found["cut"].to_pylist() == [1, 0]


@pytest.mark.parametrize(("visits_each", "customers"), [(1, 29), (4, 9), (1_000, 1)])
def test_too_few_visits_or_customers_give_a_reason_and_no_rank(visits_each, customers):
    customer = np.repeat(np.arange(customers), visits_each)
    thin = excess(np.ones_like(customer), customer, np.full(len(customer), 10**9), np.zeros_like(customer)).sums
    found = rank(merge(thin, excess(*drawn(cuts=1, customers=10, seed=4)).sums)).to_pylist()
    assert [row["cut"] for row in found] == [0, 1]
    assert (found[1]["rank"], found[1]["excess_low"], found[1]["excess_ms"]) == (None, None, 10**9 * len(customer))
    assert found[1]["reason"].startswith("not enough")
    assert (found[0]["rank"], found[0]["reason"]) == (1, None)


def test_the_basis_says_what_was_measured_from():
    assert excess([0, 1, 2, 2], [0, 0, 0, 0], [5, 5, 5, 5], [3, NO_LEVEL, 3, NO_LEVEL]).basis == ["adequate", "median", "mixed"]


def test_nothing_gives_an_empty_table():
    found = rank(excess([], [], [], []).sums)
    assert (found.num_rows, found.schema) == (0, BOTTLENECKS)
