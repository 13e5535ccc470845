from __future__ import annotations

import numpy as np

from pipelines.simulate.chance import DAY, Chance
from pipelines.simulate.faults import CONFLICT_BIT, COPY_BIT, LATE_BIT, OnTheWay, Sent, send
from pipelines.simulate.ledger import texts


def _sent(count: int) -> Sent:
    times = np.arange(count) * 40_000
    return send(times, np.zeros(count, dtype=np.int64), texts([f'{{"id":"e{n}"}}' for n in range(count)]), np.random.default_rng(1))


def test_no_line_arrives_before_it_happened() -> None:
    sent = _sent(5_000)
    assert (sent.arrivals > sent.times).all()


def test_shares_of_late_lines_copies_and_conflicts_are_as_described() -> None:
    sent = _sent(50_000)
    assert 0.025 < np.count_nonzero(sent.marks & LATE_BIT) / 50_000 < 0.035
    assert 0.017 < np.count_nonzero(sent.marks & COPY_BIT) / 50_000 < 0.023
    assert 0.0004 < np.count_nonzero(sent.marks & CONFLICT_BIT) / 50_000 < 0.0013


def test_drawers_hand_out_each_line_once_in_the_order_of_arrival() -> None:
    sent = _sent(5_000)
    way = OnTheWay(0)
    way.add(sent.rows(np.arange(0, 2_000)))
    way.add(sent.rows(np.arange(2_000, len(sent.times))))
    first, rest = way.take(0), way.take_all()
    assert (first.arrivals < DAY).all()
    assert (rest.arrivals >= DAY).all()
    arrivals = np.concatenate([first.arrivals, rest.arrivals])
    assert (np.diff(arrivals) >= 0).all()
    assert sorted(np.concatenate([first.lines, rest.lines])) == sorted(sent.lines)


def test_the_first_journeys_of_a_kind_go_every_possible_way_once() -> None:
    chance = Chance(np.random.default_rng(1), {})
    ways = {"often": 1_000_000.0, "never": 0.0, "rarely": 0.001}
    assert chance.choose("kind", ways, 1).tolist() == ["often"]
    assert chance.choose("kind", ways, 3).tolist() == ["rarely", "often", "often"]
