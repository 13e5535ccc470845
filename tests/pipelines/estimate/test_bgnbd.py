"""The fit against the published CDNOW figures, numeric integration and finite differences."""

import csv
import gzip
from datetime import date

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from pipelines.estimate import bgnbd
from pipelines.estimate.bgnbd import Fit, Refusal, fit, log_likelihood
from pipelines.estimate.histories import collapse
from pipelines.estimate.prediction import expected_if_alive, expected_purchases, p_alive, p_no_purchase, parts

CALIBRATION_END = date(1997, 9, 30).toordinal()
HOLDOUT_DAYS = 39 * 7
PUBLISHED = Fit(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, n=2357, n_fitted=2357, repeaters=946)


def simulated(n, seed, r=0.8, alpha=2.0, a=0.8, b=2.5):
    """Draw customers from the model itself, observed in whole days; equal days count once."""
    random = np.random.default_rng(seed)
    rate, leaving, age = random.gamma(r, 1 / alpha, n) / 7, random.beta(a, b, n), random.integers(0, 500, n)
    rows = []
    for each_rate, each_leaving, end in zip(rate, leaving, age, strict=True):
        at, days = random.exponential(1 / each_rate), {0}
        while at <= end:
            days.add(int(at))
            at = at + random.exponential(1 / each_rate) if random.random() >= each_leaving else np.inf
        rows.append((len(days) - 1, max(days), int(end)))
    return [np.array(column) for column in zip(*rows, strict=True)]


def cdnow(path, customer_column, date_column):
    """Read purchase days by customer; rows of one day are one purchase."""
    days = {}
    with gzip.open(path, "rt") as lines:
        for row in csv.reader(lines, delimiter=" ", skipinitialspace=True):
            if row and row[date_column].isdigit():
                day = row[date_column]
                days.setdefault(row[customer_column], set()).add(date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal())
    return list(days.values())


def histories_and_holdout(customers):
    seen = [sorted(day for day in days if day <= CALIBRATION_END) for days in customers]
    columns = [[len(days) - 1 for days in seen], [days[-1] - days[0] for days in seen], [CALIBRATION_END - days[0] for days in seen]]
    bought = np.array([any(CALIBRATION_END < day <= CALIBRATION_END + HOLDOUT_DAYS for day in days) for days in customers])
    return columns, bought


def auc(score, positive):
    ranks = stats.rankdata(score)
    n = int(positive.sum())
    return (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n))


def test_the_cdnow_sample_gives_the_published_parameters(data_dir):
    columns, _ = histories_and_holdout(cdnow(data_dir / "cdnow" / "CDNOW_sample.txt.gz", 1, 2))
    found = fit(collapse(*columns)[0])
    assert found[:4] == pytest.approx((0.2426, 4.4136, 0.7929, 2.4259), rel=0.005)
    assert found.log_likelihood == pytest.approx(-9582.43, abs=0.1)
    assert (found.n, found.repeaters, found.at_limit) == (2357, 946, ())


def test_the_expected_holdout_purchases_of_cdnow_are_the_published_ones(data_dir):
    columns, _ = histories_and_holdout(cdnow(data_dir / "cdnow" / "CDNOW_sample.txt.gz", 1, 2))
    expected = expected_purchases(fit(collapse(*columns)[0]), *columns, HOLDOUT_DAYS)
    assert expected.sum() == pytest.approx(1653.4, abs=0.5)


def test_the_risk_ranks_the_cdnow_holdout_and_p_alive_does_not(data_dir):
    columns, bought = histories_and_holdout(cdnow(data_dir / "cdnow" / "CDNOW_master.txt.gz", 0, 1))
    found = fit(collapse(*columns)[0])
    assert found.n == 23_570
    risk = p_no_purchase(found, *columns, HOLDOUT_DAYS)
    assert auc(risk, ~bought) >= 0.74
    assert auc(risk, ~bought) > auc(1 - p_alive(found, *columns), ~bought) + 0.3
    assert np.mean((risk - ~bought) ** 2) <= 0.17


def test_the_expectation_of_the_paper_is_reached():
    days = 2, round(30.43 * 7), round(38.86 * 7)
    assert float(expected_purchases(PUBLISHED, *days, 39 * 7)[0]) == pytest.approx(1.226, abs=0.001)


@pytest.mark.parametrize(("history", "published"), [((0, 0, 280), -0.59947382), ((200, 266, 280), 100.7957)])
def test_the_log_likelihood_of_one_customer_is_that_of_pymc_marketing(history, published):
    one = collapse(*([value] for value in history))[0]
    assert log_likelihood(one, r=0.25, alpha=4, a=0.8, b=2.5) == pytest.approx(published, abs=1e-4)


@pytest.mark.parametrize("at", [(0.3, 5.0, 0.6, 2.0), (2.0, 0.5, 3.0, 0.4), (20.0, 9.0, 0.05, 30.0)])
def test_the_slope_is_that_of_finite_differences(at):
    likelihood = bgnbd._Likelihood(collapse(*simulated(300, seed=2))[0])
    numeric = optimize.approx_fprime(np.array(at), lambda place: likelihood.value_and_slope(*place)[0], 1e-7)
    assert likelihood.value_and_slope(*at)[1] == pytest.approx(numeric, rel=1e-3, abs=0.05)


def test_the_planted_parameters_are_found():
    found = fit(collapse(*simulated(6_000, seed=5))[0])
    assert found.r / found.alpha == pytest.approx(0.8 / 2.0, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.8 / 3.3, abs=0.03)


def test_the_order_of_customers_changes_nothing():
    columns = simulated(2_000, seed=3)
    order = np.random.default_rng(9).permutation(2_000)
    assert fit(collapse(*columns)[0]) == fit(collapse(*(column[order] for column in columns))[0])


def test_a_thinned_fit_says_so_and_stays_near(monkeypatch):
    histories = collapse(*simulated(6_000, seed=4))[0]
    full = fit(histories)
    monkeypatch.setattr(bgnbd, "MOST_HISTORIES", 2_000)
    thinned = fit(histories)
    assert full.n_fitted == full.n == thinned.n == 6_000
    assert thinned.n_fitted < 4_000
    assert thinned.r / thinned.alpha == pytest.approx(full.r / full.alpha, rel=0.1)


def by_integration(fitted, x, last, age, horizon):
    """P(alive) and P(no purchase within the horizon) by integrating over λ and p, in weeks.

    Over ln λ and the logit of p both integrands are smooth and die out at both ends, where the trapezoid rule is as good as any.
    """
    log_rate = np.linspace(-400, 8, 100_001)
    logit = np.linspace(-300, 300, 100_001)

    def over_rate(weeks):
        return integrate.trapezoid(np.exp(log_rate * (fitted.r + x) - np.exp(log_rate) * (fitted.alpha + weeks)), log_rate)

    def over_leaving(left):
        log_p, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
        return integrate.trapezoid(np.exp(log_p * (fitted.a + left) + log_rest * (fitted.b + x - left)), logit)

    stayed = over_rate(age / 7) * over_leaving(0)
    left = over_rate(last / 7) * over_leaving(1) if x else 0.0
    quiet = over_rate((age + horizon) / 7) * over_leaving(0)
    return stayed / (stayed + left), (left + quiet) / (stayed + left)


@pytest.mark.parametrize("history", [(0, 0, 40), (0, 0, 700), (1, 3, 4), (2, 213, 272), (5, 30, 200), (12, 300, 310)])
@pytest.mark.parametrize("fitted", [PUBLISHED, Fit(1.4, 3.0, 1.0, 3.0, 0, 0, 0, 0)])
def test_p_alive_and_the_risk_agree_with_numeric_integration(fitted, history):
    alive, risk = by_integration(fitted, *history, 90)
    assert float(p_alive(fitted, *history)) == pytest.approx(alive, abs=1e-6)
    assert float(p_no_purchase(fitted, *history, 90)) == pytest.approx(risk, abs=1e-6)


@pytest.mark.parametrize("a", [0.3, 0.793, 2.4])
def test_the_quadrature_agrees_with_the_published_2f1_form(a):
    fitted = Fit(0.6, 4.0, a, 2.4, 0, 0, 0, 0)
    x, age, h = np.array([0, 2, 20, 100]), np.array([266, 273, 350, 700]), 39.0
    weeks, b = fitted.alpha + age / 7, fitted.b
    twof1 = special.hyp2f1(fitted.r + x, b + x, a + b + x - 1, h / (weeks + h))
    published = (a + b + x - 1) / (a - 1) * (1 - (weeks / (weeks + h)) ** (fitted.r + x) * twof1)
    assert expected_if_alive(fitted, x, age, h * 7) == pytest.approx(published, rel=1e-8)


def test_the_expectation_has_no_hole_where_a_is_one():
    near = [float(expected_if_alive(Fit(0.6, 4.0, a, 2.4, 0, 0, 0, 0), 3, 200, 90)[0]) for a in (1 - 1e-6, 1.0, 1 + 1e-6)]
    assert near == pytest.approx([near[1]] * 3, rel=1e-5)


@pytest.mark.parametrize(
    "limit", [(200, 868, 1.2e-6, 0.01), (1e3, 1443, 3315, 6684), (1e3, 143, 1.2e-6, 0.01), (0.004, 0.17, 2.7, 3e-4), (0.1, 0.1, 5e3, 5e3)]
)
def test_fits_at_the_limits_still_give_probabilities(limit):
    fitted = Fit(*limit, 0, 0, 0, 0)
    x, last, age = np.array([0, 1, 3, 2_000]), np.array([0, 1, 30, 2_000]), np.array([5_000, 5_000, 31, 2_000])
    risk, expected = p_no_purchase(fitted, x, last, age, 60), expected_if_alive(fitted, x, age, 60)
    assert np.all((risk >= 0) & (risk <= 1))
    assert np.all((expected >= 0) & np.isfinite(expected))


def test_the_parts_add_up_to_the_risk():
    columns = simulated(2_000, seed=8)
    why = parts(PUBLISHED, *columns, 60)
    assert min(part.min() for part in why) >= 0
    assert np.exp(-sum(why)) == pytest.approx(1 - p_no_purchase(PUBLISHED, *columns, 60), abs=1e-12)


def test_few_customers_and_few_who_came_back_are_refused():
    x, last, age = simulated(99, seed=1)
    assert isinstance(fit(collapse(x, last, age)[0]), Refusal)
    once = collapse(np.zeros(5_000, int), np.zeros(5_000, int), np.arange(5_000))[0]
    assert fit(once) == Refusal("0 customers came back, at least 30 are needed", 5_000, 0)
    assert fit(collapse([], [], [])[0]).n == 0


def test_customers_who_are_all_alike_end_at_a_limit_and_the_fit_says_so():
    n = 400
    found = fit(collapse(np.full(n, 3), np.full(n, 30), np.full(n, 90))[0])
    assert "r" in found.at_limit
