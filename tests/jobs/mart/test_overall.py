"""What rules of several customers find follows from the set of events: however they came and were judged meanwhile, it is what the oracle finds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.mart.live import LiveMart
from jobs.mart.open import open_mart
from jobs.mart.overall import Overall
from pipelines.judge.rule import Rule, parse_rule
from pipelines.judge.shelf import shipped
from pipelines.oracle.judge import judge, see
from schemas import journal
from schemas.journey_map import JourneyMap, default_map
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.held_up import held_up
from tests.generated.maps import small_map
from tests.jobs.mart.conftest import FACTS, Workshop

EXAMPLES = 12 if settings().derandomize else 4
DAY_US = 86_400_000_000
Rows = list[tuple[object, ...]]
COUNTS = """-- Somebody wrote on the day of a call.
-- scope: all
-- window: 1 day
-- roles: wait_opens answer_owed
-- unit: count
select
    null::varchar as customer_id, 'call' as subject_kind, c.event_id as subject_id, c.key as opening_key, c.occurred_at as opened_at,
    c.occurred_at as since, null::timestamp as until, count(m.key) as value, null::bigint as threshold, [c.key] as evidence
from touchpoints as c left join touchpoints as m
    on has(m.roles, 'answer_owed') and m.occurred_at between c.occurred_at - interval 1 day and c.occurred_at + interval 1 day
where has(c.roles, 'wait_opens')
group by c.key, c.event_id, c.occurred_at
"""
"""A rule that keeps nothing apart."""
STORED = """
select customer_id, subject_kind, subject_id, opened_at, since, until, value, threshold, evidence_keys, operation
from internal.intervals where rule = $rule
order by all
"""
WANTED = """
select customer_id, subject_kind, subject_id, opened_at, since, until, value::bigint, threshold::bigint, evidence, operation from found
order by all
"""


def rules() -> list[Rule]:
    """Return the rules that ship, with windows and numbers that a few events reach, and one that keeps nothing apart."""
    ours = [replace(rule, window_us=2 * DAY_US) for rule in shipped() if rule.scope == "all"]
    return [rule.tuned({"customers": 2}) if "customers" in rule.settings else rule for rule in ours] + [parse_rule("counts", COUNTS, ours=False)]


def opened(folder: Path, con: duckdb.DuckDBPyConnection, journey_map: JourneyMap) -> Workshop:
    workshop = Workshop(folder, con, LiveMart(folder, journey_map), journey_map)
    for name in FACTS:
        workshop.write(name, ".empty", journal.TABLES[name].empty_table())
    return workshop


def found(workshop: Workshop, arranged: Arrangement, judged: Sequence[bool], starts: Sequence[bool]) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """Fold batch by batch, judge after some and at the end, start anew behind some; return what stands and what the oracle finds, by rule."""
    overall = Overall.over(workshop.live, workshop.journey_map, rules(), workshop.segments)
    batches = [(number, batch) for number, batches in enumerate(arranged.partitions) for batch in batches]
    for place, (number, batch) in enumerate(batches):
        commit, tables = workshop.absorb(batch, number)
        workshop.live.fold([(commit, tables)])
        overall.note(tables)
        if judged[place % len(judged)]:
            overall.judge(workshop.segments, now=True)
        if starts[place % len(starts)]:
            overall = Overall.over(workshop.live, workshop.journey_map, rules(), workshop.segments)
    overall.judge(workshop.segments, now=True)
    assert overall.refused == {}
    stands = {rule.name: workshop.live.con.execute(STORED, {"rule": rule.name}).fetchall() for rule in rules()}
    workshop.publish()
    with open_mart(workshop.folder) as con:
        see(con, workshop.journey_map)
        wanted = {}
        for rule in rules():
            con.register("found", judge(con, rule))
            wanted[rule.name] = con.sql(WANTED).fetchall()
    return stands, wanted


@pytest.mark.parametrize("journey_map", [default_map(), small_map()], ids=["default map", "map with conditions"])
@given(st.data())
@settings(max_examples=EXAMPLES)
def test_what_is_found_knows_no_order_copies_and_cuts(con: duckdb.DuckDBPyConnection, journey_map: JourneyMap, data: st.DataObject) -> None:
    arranged, often = data.draw(arrangements(data.draw(held_up()))), st.lists(st.booleans(), min_size=1, max_size=8)
    judged, starts = data.draw(often), data.draw(often)
    with TemporaryDirectory() as folder:
        workshop = opened(Path(folder), con, journey_map)
        with closing(workshop.live):
            stands, wanted = found(workshop, arranged, judged, starts)
    assert stands == wanted


def test_what_a_rule_found_goes_when_the_rule_is_gone(workshop: Workshop) -> None:
    for name in FACTS:
        workshop.write(name, ".empty", journal.TABLES[name].empty_table())
    workshop.take([{"id": "1", "source": "pbx", "type": "call.queued", "time": "2024-03-04T09:00:00Z", "customer_id": "ann", "channel": "phone"}])
    con, counts = workshop.live.con, parse_rule("counts", COUNTS, ours=False)
    (key,) = Overall.over(workshop.live, small_map(), [counts], workshop.segments).judge(workshop.segments, now=True).tolist()
    assert con.execute('select rule, "key" from internal.intervals').fetchall() == [("counts", key)]
    assert Overall.over(workshop.live, small_map(), [], workshop.segments).judge(workshop.segments, now=True).tolist() == [key]
    assert con.execute("select count(*) from internal.intervals").fetchall() == [(0,)]


def test_a_start_judges_again_what_came_since_or_was_judged_by_another_rule_and_nothing_else(workshop: Workshop) -> None:
    for name in FACTS:
        workshop.write(name, ".empty", journal.TABLES[name].empty_table())
    call = {"source": "pbx", "type": "call.queued", "customer_id": "ann", "channel": "phone"}
    workshop.take([call | {"id": "1", "time": "2024-03-04T09:00:00Z"}])
    con, counts = workshop.live.con, parse_rule("counts", COUNTS, ours=False)

    def judged_after_a_start(rule: Rule) -> list[tuple[int]]:
        con.execute("truncate internal.intervals")
        Overall.over(workshop.live, small_map(), [rule], workshop.segments).judge(workshop.segments, now=True)
        return con.execute("select count(*) from internal.intervals").fetchall()

    assert judged_after_a_start(counts) == [(1,)]
    assert judged_after_a_start(counts) == [(0,)]
    assert judged_after_a_start(parse_rule("counts", COUNTS.replace("1 day", "2 days"), ours=False)) == [(1,)]
    workshop.take([call | {"id": "2", "time": "2024-03-09T09:00:00Z"}])
    assert judged_after_a_start(counts) == [(2,)]
