"""Histories collapse to counts, and a sample of them needs no chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.estimate.histories import collapse, thin

histories = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40), st.integers(0, 90)), min_size=1, max_size=60)


def whole(drawn):
    """Make what was drawn agree with itself."""
    rows = [(x, x + last if x else 0, (x + last if x else 0) + more) for x, last, more in drawn]
    return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(drawn, random):
    shuffled = random.sample(drawn, k=len(drawn))
    here, there = collapse(*whole(drawn))[0], collapse(*whole(shuffled))[0]
    assert [column.tolist() for column in here] == [column.tolist() for column in there]


@given(histories)
def test_every_row_finds_its_history_again(drawn):
    columns = whole(drawn)
    found, place = collapse(*columns)
    assert [column[place].tolist() for column in found[:3]] == [column.tolist() for column in columns]
    assert found.n == len(drawn)


@given(histories)
def test_counted_rows_equal_repeated_rows(drawn):
    columns = whole(drawn)
    once, place = collapse(*columns)
    again = collapse(*once[:3], once.customers)[0]
    assert again.customers.tolist() == once.customers.tolist() == np.bincount(place).tolist()


def test_a_thinned_sample_keeps_one_in_so_many_of_each_stretch():
    full = collapse(np.zeros(1_000, int), np.zeros(1_000, int), np.arange(1_000), np.full(1_000, 3))[0]
    sample = thin(full, 400)
    assert len(sample.customers) <= 400
    assert sample.n == full.n // 8
    assert abs(int((sample.age * sample.customers).sum()) / sample.n - 499.5) < 3


@pytest.mark.parametrize("wrong", [(-1, 0, 5), (1, 9, 5), (0, 3, 5), (4, 3, 5), (1, 2, 1 << 20)])
def test_a_history_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="repeats ≤ last ≤ age"):
        collapse(*([value] for value in wrong))
