"""A wrong rule is stopped with a sentence that names its file; what it may be is what the README says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from pipelines.judge.court import Court, Limit, no_limit
from pipelines.judge.judge import Judge
from pipelines.judge.rule import Rule, parse_rule
from pipelines.lexicon import Lexicon
from pipelines.partition import Partition
from pipelines.state import State
from pipelines.table import engine
from schemas.errors import RuleError
from schemas.journey_map import default_map
from tests.generated.netted import payloads
from tests.pipelines.judge.test_judge_properties import Intervals

HEAD = """-- A test.
-- scope: customer
-- window: 30 days
-- roles: promised kept
-- unit: ms
"""
GOOD = """select customer_id, 'promise' as subject_kind, key as subject_id, key as opening_key, occurred_at as opened_at, promise_due_at as since,
    null::timestamp as until, 1 as value, null::bigint as threshold, [key] as evidence
from touchpoints where has(roles, 'promised')"""


def rule(select: str, head: str = HEAD, *, ours: bool = False) -> Rule:
    return parse_rule("mine", head + select, ours=ours)


def judge(found: Rule, limit: Limit = no_limit) -> Judge:
    return Judge([found], Lexicon(default_map()), court=Court(default_map(), limit))


def test_a_rule_that_is_well_is_taken() -> None:
    judge(rule(GOOD))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("-- A test.\n-- scope: customer\n", "window"),
        (HEAD.replace("30 days", "a month"), "30 days"),
        (HEAD.replace("promised kept", "promised kep"), "'kep'"),
        (HEAD.replace("ms", "hours"), "ms, count, minor"),
        (HEAD.replace("customer", "house"), "customer, all"),
        (HEAD.removeprefix("-- A test.\n"), "sentence"),
        (HEAD + "-- setting: within = soon\n", "soon"),
        (HEAD + "-- apart: site\n", "thing, case_id"),
    ],
)
def test_a_wrong_header_is_refused_with_what_is_allowed(head: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        rule(GOOD, head)


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("selec 1", "one SELECT"),
        (GOOD + "; drop table roles", "2 statements|one SELECT"),
        ("insert into roles values ('x', 1)", "one SELECT"),
        ("copy roles to 'x.csv'", "one SELECT"),
        (GOOD.replace("from touchpoints", "from '/etc/passwd'"), "may read"),
        (GOOD.replace("from touchpoints", "from read_csv('/etc/passwd')"), "may read"),
        (GOOD.replace("from touchpoints", "from duckdb_settings()"), "may read"),
        (GOOD.replace("from touchpoints", "from operations"), "operations"),
        (GOOD.replace("1 as value", "random() as value"), "random"),
        (GOOD.replace("occurred_at as opened_at", "now() as opened_at"), "now"),
        (GOOD.replace("'promised'", "'promissed'"), "promissed"),
        (GOOD.replace("1 as value", "$most as value"), "most"),
        (GOOD.replace("1 as value", "nope as value"), "nope"),
        (GOOD.replace(", [key] as evidence", ""), "evidence"),
        (GOOD.replace("1 as value", "'many' as value"), "value"),
        (GOOD.replace("promise_due_at as since", "42 as since"), "since"),
        (GOOD.replace("'promise' as subject_kind", "7 as subject_kind"), "subject_kind"),
    ],
)
def test_a_wrong_select_is_refused_before_anything_is_read(select: str, says: str) -> None:
    with pytest.raises(RuleError, match=says) as refused:
        judge(rule(select))
    assert "mine.sql" in str(refused.value)


PROMISE = {
    "type": "promise.made",
    "time": "2025-03-04T09:00:00Z",
    "customer_id": "ann",
    "promise": {"due_at": "2025-03-05T09:00:00Z"},
    "source": "crm",
}


def absorbed(found: Rule, limit: Limit = no_limit) -> tuple[Partition, Intervals]:
    lexicon, netted = Lexicon(default_map()), Intervals()
    partition = Partition(lexicon, State(), engine(), judge=Judge([found], lexicon, court=Court(default_map(), limit)))
    netted.absorb(partition, 0, [[PROMISE | {"id": "1"}], [PROMISE | {"id": "2", "time": "2025-03-04T10:00:00Z"}]])
    return partition, netted


def test_a_promise_that_nobody_kept_is_a_timer() -> None:
    rows = absorbed(rule(GOOD))[1].rows("intervals")
    assert [(row["subject_kind"], row["subject_id"], row["customer_id"], row["evidence"], row["until_us"]) for row in rows] == [
        ("promise", row["evidence"][0], "ann", row["evidence"], None) for row in rows
    ]
    assert sorted(row["subject_id"] for row in rows) == ["1", "2"]


NONSENSE = [
    (GOOD.replace("null::timestamp as until", "occurred_at - interval 1 day as until"), "until"),
    (GOOD.replace("key as opening_key", "1::ubigint as opening_key"), "opening_key"),
    (GOOD.replace("[key] as evidence", "[1::ubigint] as evidence"), "evidence"),
    (GOOD.replace("[key] as evidence", "[]::ubigint[] as evidence"), "evidence"),
    (GOOD.replace("promise_due_at as since", "null::timestamp as since"), "since"),
    (GOOD.replace("1 as value", "'nan'::double as value"), "value"),
    (GOOD.replace("1 as value", "error('broken')::bigint as value"), "broken"),
]


@pytest.mark.parametrize(("select", "says"), NONSENSE)
def test_a_users_rule_that_returns_nonsense_is_run_no_more_and_harms_nothing_else(select: str, says: str) -> None:
    partition, netted = absorbed(rule(select))
    assert partition.judge is not None
    assert says in partition.judge.refused["mine"]
    assert not netted.rows("intervals")
    assert len(netted.rows("steps")) == 2


def test_what_a_rule_found_of_some_customers_before_it_fails_over_others_never_was() -> None:
    late = rule(GOOD.replace("1 as value", "case when occurred_at > '2025-03-05' then error('broken')::bigint else 1 end as value"))
    lexicon, netted = Lexicon(default_map()), Intervals()
    partition = Partition(lexicon, State(), engine(), judge=Judge([late], lexicon, at_once=1))
    netted.absorb(
        partition, 0, [[PROMISE | {"id": "1", "customer_id": "ann"}, PROMISE | {"id": "2", "customer_id": "bob", "time": "2025-03-05T10:00:00Z"}]]
    )
    assert partition.judge is not None
    assert "broken" in partition.judge.refused["mine"]
    assert not netted.rows("intervals")


def test_a_rule_that_ships_and_fails_stops_the_batch() -> None:
    with pytest.raises(RuleError, match="until"):
        absorbed(rule(NONSENSE[0][0], ours=True))


@contextmanager
def impatient(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    from jobs.time_limit import time_limit

    with time_limit(con, 0.2):
        yield


def test_a_rule_that_runs_for_ever_is_stopped() -> None:
    forever = GOOD.replace(
        "1 as value", "(select count(*) from range(100000000) a, range(100000) b where a.range % 7 = extract(year from occurred_at)) as value"
    )
    begun = time.monotonic()
    partition, _ = absorbed(rule(forever), impatient)
    assert time.monotonic() - begun < 20
    assert partition.judge is not None
    assert "too long" in partition.judge.refused["mine"]
    assert payloads([PROMISE])
