"""Published figures and promised coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from pipelines.estimate.intervals import nps, quantile_ranks, wilson


def percent(*figures):
    return [round(100 * float(figure), 1) for figure in figures]


def test_wilson_gives_the_published_bounds():
    assert percent(*wilson(40, 50)) == [67.0, 88.8]
    assert percent(*wilson(1, 4)) == [4.6, 69.9]


def test_wilson_agrees_with_scipy_for_every_count():
    for n in (1, 2, 7, 50):
        low, high = wilson(np.arange(n + 1), n, level=0.9)
        for k in range(n + 1):
            oracle = stats.binomtest(k, n).proportion_ci(0.9, method="wilson")
            assert low[k] == pytest.approx(oracle.low, abs=1e-12)
            assert high[k] == pytest.approx(oracle.high, abs=1e-12)


def test_no_trial_means_that_nothing_is_known():
    assert percent(*wilson(0, 0)) == [0.0, 100.0]
    score, low, high = nps(0, 0, 0)
    assert math.isnan(score)
    assert (float(low), float(high)) == (-100.0, 100.0)


def test_no_hit_and_only_hits_touch_the_ends_exactly():
    assert float(wilson(0, 9)[0]) == 0.0
    assert float(wilson(9, 9)[1]) == 1.0


def test_nps_gives_the_published_bounds():
    assert [round(float(figure), 1) for figure in nps(50, 20, 100)] == [30.0, 14.1, 44.2]
    assert [round(float(figure), 1) for figure in nps(5, 2, 10)] == [30.0, -19.1, 65.2]


@pytest.mark.parametrize(("promoters", "detractors"), [(0.5, 0.2), (0.9, 0.02), (0.2, 0.5), (0.34, 0.33)])
@pytest.mark.parametrize("n", [10, 30, 100])
def test_nps_holds_its_level_from_ten_answers_on(promoters, detractors, n):
    answers = np.random.default_rng(1).multinomial(n, [promoters, detractors, 1 - promoters - detractors], size=8_000)
    _, low, high = nps(answers[:, 0], answers[:, 1], n)
    truth = 100 * (promoters - detractors)
    assert 0.925 <= np.mean((low <= truth) & (truth <= high)) <= 0.98


def test_more_hits_than_trials_are_refused():
    with pytest.raises(ValueError, match="hits lie between"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="hits lie between"):
        nps(60, 50, 100)


def test_a_level_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, level=95)


@pytest.mark.parametrize(("q", "n"), [(0.5, 6), (0.5, 101), (0.9, 60), (0.99, 600), (0.1, 40)])
def test_the_ranks_hold_their_level_and_no_narrower_pair_does(q, n):
    low, high = quantile_ranks(q, n)
    below = stats.binom(n, q)
    assert below.cdf(low - 1) <= 0.025 < below.cdf(low)
    assert below.sf(high - 1) <= 0.025 < below.sf(high - 2)


def test_too_few_values_give_no_ranks():
    assert quantile_ranks(0.5, 5) is None
    assert quantile_ranks(0.5, 0) is None
    assert quantile_ranks(0.99, 100) is None
