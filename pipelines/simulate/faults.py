"""What happens to lines on their way: they come late, twice, or twice and not the same."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from pipelines.simulate.chance import DAY, HOUR, MINUTE, Flags, Ints, Texts
from pipelines.simulate.ledger import texts

LATE = 0.03
VERY_LATE = 0.001
COPIES = 0.02
CONFLICTS = 0.0004
"""Shares of the events: late by a minute to 12 h, late by 1 to 3 days, sent again, sent again with other content."""

LATE_BIT, HOUR_LATE_BIT, COPY_BIT, CONFLICT_BIT = 1 << 20, 1 << 21, 1 << 22, 1 << 23
"""Bits of a mark: a first arrival after more than a minute, after more than an hour; a copy; a copy with other content."""


class Sent(NamedTuple):
    """Lines under way: when it happened, when it arrives (ms), the mark (type × 64 + channel, and the bits above), the line."""

    times: Ints
    arrivals: Ints
    marks: Ints
    lines: Texts

    def rows(self, rows: Ints | slice) -> Sent:
        """Return some of the lines, in the order asked for."""
        return Sent(self.times[rows], self.arrivals[rows], self.marks[rows], self.lines[rows])


def send(times: Ints, marks: Ints, lines: Texts, rng: np.random.Generator) -> Sent:
    """Give each line its arrival, and add copies and conflicting copies; no line arrives before it happened."""
    n = len(times)
    lag, late = _lags(n, rng)
    arrivals, marks = times + lag, marks | np.where(late, LATE_BIT, 0) | np.where(lag > HOUR, HOUR_LATE_BIT, 0)
    again = np.flatnonzero(rng.random(n) < COPIES)
    other = again[_can_differ(lines[again]) & (rng.random(len(again)) < CONFLICTS / COPIES * 2)]
    same = np.setdiff1d(again, other, assume_unique=True)
    gap = rng.exponential(2 * HOUR, n).astype(np.int64) + 1
    rows = np.concatenate([same, other])
    bits = np.concatenate([np.full(len(same), COPY_BIT), np.full(len(other), COPY_BIT | CONFLICT_BIT)])
    copied = np.concatenate([lines[same], texts([_differing(line) for line in lines[other]])])
    return Sent(
        np.concatenate([times, times[rows]]),
        np.concatenate([arrivals, arrivals[rows] + gap[rows]]),
        np.concatenate([marks, marks[rows] & ~(LATE_BIT | HOUR_LATE_BIT) | bits]),
        np.concatenate([lines, copied]),
    )


def _lags(n: int, rng: np.random.Generator) -> tuple[Ints, Flags]:
    draw = rng.random(n)
    lag = rng.integers(50, 2_000, n)
    late, very = draw < LATE, draw < VERY_LATE
    lag[late] = np.exp(rng.uniform(np.log(MINUTE), np.log(12 * HOUR), int(late.sum()))).astype(np.int64)
    lag[very] = rng.integers(DAY, 3 * DAY, int(very.sum()))
    return lag, late


def _can_differ(lines: Texts) -> Flags:
    """Say which lines carry no attributes: only there a differing copy can be made by adding some."""
    return np.array(['"attributes":' not in line for line in lines.tolist()], dtype=np.bool_)


def _differing(line: str) -> str:
    return f'{line[:-1]},"attributes":{{"sent":"again"}}}}'


class OnTheWay:
    """Lines that have been sent and not yet arrived, in drawers of one day of arrival each."""

    def __init__(self, origin: int) -> None:
        self._origin = origin
        self._drawers: dict[int, list[Sent]] = {}

    def add(self, sent: Sent) -> None:
        """Sort lines into the drawers of the days on which they arrive."""
        order = np.argsort(sent.arrivals, kind="stable")
        ordered = sent.rows(order)
        days = (ordered.arrivals - self._origin) // DAY
        edges = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for low, high in itertools.pairwise(edges):
            if high > low:
                self._drawers.setdefault(int(days[low]), []).append(ordered.rows(np.arange(low, high)))

    def take(self, day: int) -> Sent:
        """Return what arrives on this day, in the order of arrival."""
        return _in_order(self._drawers.pop(day, []))

    def take_all(self) -> Sent:
        """Return everything that is still under way, in the order of arrival."""
        drawers = [sent for day in sorted(self._drawers) for sent in self._drawers[day]]
        self._drawers = {}
        return _in_order(drawers)


def _in_order(parts: list[Sent]) -> Sent:
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return Sent(nothing, nothing, nothing, texts([]))
    joined = Sent(
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.arrivals for part in parts]),
        np.concatenate([part.marks for part in parts]),
        np.concatenate([part.lines for part in parts]),
    )
    return joined.rows(np.argsort(joined.arrivals, kind="stable"))
