"""The promise of the histogram: 2 %, whatever the distribution, and a merge that is a sum."""

import math
from fractions import Fraction

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.estimate.histogram import ALPHA, boundaries, bucket, merge, quantile, quantile_bounds, quantiles, table, value
from pipelines.estimate.intervals import quantile_ranks


def twenty_distributions():
    random = np.random.default_rng(7)
    for scale in (3, 200, 60_000, 86_400_000, 5e11):
        yield random.exponential(scale, 3_000)
        yield random.lognormal(math.log(scale), 1.5, 3_000)
        yield random.uniform(0, scale, 3_000)
        yield np.concatenate([random.normal(scale, scale / 9, 2_700), random.normal(30 * scale, scale, 300)])


@pytest.mark.parametrize("waits", list(twenty_distributions()))
def test_every_quantile_lies_within_two_percent(waits):
    ms = np.maximum(waits, 0).astype(np.int64)
    found = bucket(ms)
    for q in (0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1):
        truth = np.quantile(ms, q, method="inverted_cdf")
        assert abs(quantile(found, np.ones_like(found), q) - truth) <= ALPHA * truth * (1 + 1e-12)


@given(st.integers(1, 2**63 - 1))
def test_a_value_stands_within_two_percent_of_what_fell_into_its_bucket(ms):
    assert abs(Fraction(float(value(bucket(ms)))) - ms) <= Fraction(2, 100) * ms * (1 + Fraction(1, 10**12))


@given(st.integers(1, 10**15))
def test_the_bucket_is_that_of_exact_arithmetic(ms):
    exponent = int(bucket(ms)) - 1
    assert Fraction(51, 49) ** (exponent - 1) < ms <= Fraction(51, 49) ** exponent


def test_zero_and_less_have_their_own_bucket_and_low_milliseconds_are_exact():
    assert bucket([-1, 0]).tolist() == [0, 0]
    assert value(bucket(np.arange(0, 25))).tolist() == list(range(25))


def test_the_bounds_never_fall_and_end_at_the_greatest_integer():
    bounds = boundaries()
    assert np.all(np.diff(bounds) >= 0)
    assert (int(bounds[0]), int(bounds[-1])) == (0, 2**63 - 1)
    assert bucket(bounds[1:][np.diff(bounds) > 0]).tolist() == (np.flatnonzero(np.diff(bounds) > 0) + 1).tolist()


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(0, 200), st.randoms(use_true_random=False))
def test_parts_merged_in_any_order_equal_the_whole(waits, cut, random):
    shuffled = random.sample(waits, k=len(waits))
    parts = [bucket(np.array(part, dtype=np.int64)) for part in (shuffled[:cut], shuffled[cut:])]
    rows = [merge(part, np.ones_like(part)) for part in parts]
    whole = merge(bucket(waits), np.ones(len(waits), dtype=np.int64))
    merged = merge(np.concatenate([row[0] for row in rows]), np.concatenate([row[1] for row in rows]))
    assert [part.tolist() for part in merged] == [part.tolist() for part in whole]


def test_what_is_taken_back_is_gone():
    found, counts = merge([3, 4, 3], [5, 2, -5])
    assert (found.tolist(), counts.tolist()) == ([4], [2])


def test_no_value_has_no_quantile():
    assert quantile([], [], 0.5) is None


def test_a_quantile_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="quantile"):
        quantile([1], [1], 50)


def test_the_interval_of_a_median_encloses_it():
    ms = np.random.default_rng(3).lognormal(10, 1, 500).astype(np.int64)
    low, high = quantile_bounds(bucket(ms), np.ones(500, dtype=np.int64), quantile_ranks(0.5, 500))
    assert low < np.median(ms) < high
    assert high / low < 1.4


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60), st.integers(0, 9)), max_size=60), st.sampled_from([0, 0.1, 0.5, 0.9, 1]))
def test_many_histograms_at_once_give_what_each_gives_alone(rows, q):
    cuts, found = quantiles([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], q)
    alone = {cut: quantile([row[1] for row in rows if row[0] == cut], [row[2] for row in rows if row[0] == cut], q) for cut in range(5)}
    assert dict(zip(cuts.tolist(), found.tolist(), strict=True)) == {cut: ms for cut, ms in alone.items() if ms is not None}


def test_sql_puts_every_wait_into_the_same_bucket():
    edges = boundaries()[1:-1]
    waits = np.unique(np.concatenate([np.arange(-3, 3_000), edges - 1, edges, edges + 1]))
    con = duckdb.connect()
    con.register("buckets", table())
    con.register("waits", pa.table({"wait_ms": waits}))
    query = "select bucket from waits asof join buckets on greatest(wait_ms, 0) <= upper_ms order by wait_ms"
    assert [row[0] for row in con.sql(query).fetchall()] == bucket(waits).tolist()
    con.close()
