"""Intervals are a function of the set of events: any order, copies, cuts, access paths and restarts give the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.judge.court import Court
from pipelines.judge.judge import Judge
from pipelines.judge.rule import Rule, parse_rule
from pipelines.judge.shelf import shipped
from pipelines.lexicon import Lexicon
from pipelines.partition import Batch, Partition
from pipelines.state import State
from pipelines.table import engine
from tests.generated.arrangements import arrangements
from tests.generated.arrivals import microseconds
from tests.generated.events import RECEIVED_AT, Event, histories
from tests.generated.maps import small_map
from tests.generated.netted import Netted, Row, payloads

EXAMPLES = 60 if settings().derandomize else 40

MIRROR = (Path(__file__).parent / "mirror.sql").read_text(encoding="utf-8")
"""A rule that shows all that it sees: one interval an event, its value a digest of everything in the island, the order included."""


def mirrors() -> list[Rule]:
    kinds = (("mirror_hour", "1 hour", ""), ("mirror_days", "3 days", "-- apart: thing"), ("mirror_case", "3 days", "-- apart: case_id"))
    kinds += (("mirror_opens", "3 days", "-- opens: wait_opens complaint\n-- opens: wait_closes machine"),)
    return [parse_rule(name, MIRROR.format(window=window, apart=apart)) for name, window, apart in kinds]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return engine()


@cache
def court() -> Court:
    """Return the one of all judges here, as workers have one: to prepare the rules anew takes longer than to judge a history."""
    return Court(small_map())


def partition(
    con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], *, deepest: int = 256, most: int = 12, chain: int = 0, at_once: int = 9
) -> Partition:
    lexicon = Lexicon(small_map())
    judge = Judge(rules, lexicon, court=court(), deepest=deepest, most=most, at_once=at_once)
    return Partition(lexicon, State(), con, deepest=chain, judge=judge)


class Intervals(Netted):
    """Nets intervals too."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[pa.Table] = []
        self.standing["intervals"] = {}

    def add(self, absorbed: Any) -> None:
        tables = dict(absorbed.tables)
        intervals = tables.pop("intervals", None)
        if intervals is not None:
            self.tables.append(intervals)
            self.net(intervals.to_pylist())
        super().add(type(absorbed)(tables, absorbed.counters, absorbed.earliest, absorbed.latest))

    def net(self, rows: list[Row]) -> None:
        stand = self.standing["intervals"]
        assert len({(row["rule"], row["key"]) for row in rows}) == len(rows)
        for row in rows:
            key = (row["rule"], row["key"])
            assert row["existed"] == (key in stand)
            shown = {name: value for name, value in row.items() if name not in ("op", "existed")}
            if row["op"] == "drop":
                del stand[key]
            else:
                assert stand.get(key) != shown
                stand[key] = shown


def judged(con: duckdb.DuckDBPyConnection, batches: Sequence[Sequence[Event]], rules: Sequence[Rule], **how: int) -> Intervals:
    found = Intervals()
    found.absorb(partition(con, rules, **how), 0, batches)
    return found


PATHS = st.sampled_from(({"deepest": 256}, {"deepest": 2}, {"deepest": 1, "chain": 2}, {"at_once": 1}))


def feed(found: Intervals, into: Partition, batches: Sequence[Sequence[Event]], lazily: Sequence[bool]) -> None:
    """Let a partition absorb batches, of which some are judged later."""
    for place, (events, later) in enumerate(zip(batches, lazily, strict=True)):
        found.add(into.absorb(Batch(payloads(events), "touchpoints:0", microseconds(RECEIVED_AT), place), judge=not later))


def late_judgement(found: Intervals, partition_: Partition) -> None:
    if (table := partition_.judge_waiting()) is not None:
        found.tables.append(table)
        found.net(table.to_pylist())


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_what_is_judged_later_is_judged_alike_also_by_a_state_that_was_restored_meanwhile(
    con: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    history = data.draw(st.permutations(data.draw(histories())))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(history)), min_size=3, max_size=6)))
    batches = [history[lo:hi] for lo, hi in pairwise([0, *cuts, len(history)])]
    rules, whole, found = mirrors(), judged(con, [history], mirrors()), Intervals()
    kept, half = partition(con, rules, **data.draw(PATHS)), data.draw(st.integers(1, len(batches)))
    lazily = [data.draw(st.booleans()) for _ in batches]
    judged_rows = 0
    for events, later in zip(batches[:half], lazily, strict=False):
        feed(found, kept, [events], [later])
        judged_rows = judged_rows if later else kept.state.rows.size
    if data.draw(st.booleans()):  # as after a crash: only facts and what was judged are known
        again = partition(con, rules, **data.draw(PATHS))
        again.newest |= kept.newest
        order = ("touchpoints", "operations")
        stored = [table for name in order if (table := found.stored(name)) is not None]
        for table in stored:
            again.restore(table)
        for intervals in found.tables:
            again.restore_intervals(intervals)
        again.settle()
        again.await_judgement(0 if judged_rows < kept.state.rows.size else again.state.rows.size)
        kept = again
    feed(found, kept, batches[half:], lazily[half:])
    late_judgement(found, kept)
    assert found.standing["intervals"] == whole.standing["intervals"]


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_any_arrangement_gives_the_intervals_of_all_events_at_once(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    rules = mirrors()
    arranged = data.draw(arrangements(history))
    whole: dict[Any, Row] = {}
    parts: dict[Any, Row] = {}
    how = data.draw(PATHS)
    for batches in arranged.partitions:
        parts |= judged(con, batches, rules, **how).standing["intervals"]
        whole |= judged(con, [[event for batch in batches for event in batch]], rules).standing["intervals"]
    assert parts == whole


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_two_arrangements_of_one_history_give_the_same_intervals(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    rules = [*mirrors(), *(rule for rule in shipped() if rule.scope == "customer")] if data.draw(st.booleans()) else mirrors()
    one, two = data.draw(st.permutations(history)), data.draw(st.permutations(history))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(two)), max_size=6)))
    batches = [two[lo:hi] for lo, hi in zip([0, *cuts], [*cuts, len(two)], strict=True)]
    at_once = judged(con, [one], rules)
    assert judged(con, batches, rules, **data.draw(PATHS)).standing["intervals"] == at_once.standing["intervals"]


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_islands_that_cannot_open_anything_are_passed_over_without_a_change_of_results(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    rules = [rule for rule in shipped() if rule.scope == "customer"]
    bare = [replace(rule, opens=()) for rule in rules]
    assert judged(con, [history], rules).standing["intervals"] == judged(con, [history], bare).standing["intervals"]


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_a_state_that_was_restored_goes_on_as_if_nothing_had_been(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(st.permutations(data.draw(histories())))
    cut, again = data.draw(st.integers(0, len(history))), data.draw(st.integers(0, len(history)))
    rules, whole, broken = mirrors(), judged(con, [history], mirrors()), Intervals()
    before = partition(con, rules)
    broken.absorb(before, 0, [history[:cut], history[cut : max(cut, again)]])
    after = partition(con, rules, **data.draw(PATHS))
    after.newest |= before.newest
    for name in ("touchpoints", "operations"):
        if (table := broken.stored(name)) is not None:
            half = data.draw(st.integers(0, len(table)))
            after.restore(table.slice(0, half))
            if data.draw(st.booleans()):
                after.settle()
            after.restore(table.slice(half))
    for intervals in broken.tables:
        after.restore_intervals(intervals)
    after.settle()
    broken.absorb(after, 0, [history[max(cut, again) :]])
    assert broken.standing["intervals"] == whole.standing["intervals"]


@settings(max_examples=EXAMPLES // 2)
@given(st.data())
def test_rules_that_come_and_go_leave_what_they_would_have_found_from_the_start(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(st.permutations(data.draw(histories())))
    cut = data.draw(st.integers(0, len(history)))
    old, new = ([rule for rule in mirrors() if data.draw(st.booleans())] or mirrors()[:1] for _ in range(2))
    changed = [rule.tuned({}) if rule.name != "mirror_hour" else parse_rule(rule.name, MIRROR.format(window="2 hours", apart="")) for rule in new]
    found, lexicon = Intervals(), Lexicon(small_map())
    state = State()
    first = Partition(lexicon, state, con, judge=Judge(old, lexicon, court=court(), most=12))
    found.absorb(first, 0, [history[:cut]])
    second = Partition(lexicon, state, con, newest=dict(first.newest), judge=Judge(changed, lexicon, court=court(), most=12))
    second.watch(first.judge.watched if first.judge else 0)
    for table in second.rejudge(first.judge.digests if first.judge else {}):
        found.net(table.to_pylist())
    found.absorb(second, 0, [history[cut:]])
    assert found.standing["intervals"] == judged(con, [history], changed).standing["intervals"]
