"""What a batch costs: rows read follow from what can change, not from what is stored; and long chains give what short ones give."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from pipelines.partition import Batch, Partition
from pipelines.table import engine
from schemas.journey_map import default_map
from tests.generated.arrivals import microseconds
from tests.generated.events import MORNING, RECEIVED_AT, Event
from tests.generated.maps import small_map
from tests.generated.netted import Netted, new_partition, payloads


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


def page(number: int, minutes: float, **fields: Any) -> Event:
    at = (MORNING + timedelta(minutes=minutes)).isoformat()
    return {"id": f"e{number}", "source": "web", "type": "page.viewed", "time": at, "customer_id": "ann", "channel": "web"} | fields


def read(partition: Partition, events: list[Event]) -> int:
    return partition.absorb(Batch(payloads(events), "f", microseconds(RECEIVED_AT))).counters["rows_read"]


def test_a_new_event_reads_what_lies_within_its_gap_however_long_the_history(con: duckdb.DuckDBPyConnection) -> None:
    partition, gap = new_partition(con, default_map()), default_map().gap_us("web") / 60e6
    read(partition, [page(number, number * gap * 0.7) for number in range(0, 3000) if number % 3])  # journeys of two
    assert read(partition, [page(9000, 3000 * gap * 0.7 - 1)]) == 2
    assert read(partition, [page(9001, 3010 * gap * 0.7)]) == 0


def test_a_late_event_reads_back_to_its_own_journey(con: duckdb.DuckDBPyConnection) -> None:
    partition, gap = new_partition(con, default_map()), default_map().gap_us("web") / 60e6
    read(partition, [page(number, number * gap * 2) for number in range(1000)])
    assert read(partition, [page(9000, 990 * gap * 2 + 1)]) == 10


def test_an_event_of_another_customer_or_case_reads_nothing(con: duckdb.DuckDBPyConnection) -> None:
    partition = new_partition(con, default_map())
    read(partition, [page(number, number) for number in range(50)])
    assert read(partition, [page(60, 50, customer_id="bob"), page(61, 50, case_id="c")]) == 0


@pytest.mark.parametrize("step", [1.0, 0.0])
def test_the_tail_of_an_oversized_journey_costs_a_few_rows_a_batch(con: duckdb.DuckDBPyConnection, step: float) -> None:
    partition, most = new_partition(con, default_map()), default_map().max_events
    for begin in range(0, most + 1000, 1000):
        read(partition, [page(number, number * step) for number in range(begin, begin + 1000)])
    begins = range(most + 1000, most + 1050, 10)
    costs = [read(partition, [page(number, number * step) for number in range(begin, begin + 10)]) for begin in begins]
    assert costs[0] > most and max(costs[1:]) <= 10


def test_a_late_event_into_an_oversized_journey_costs_as_little(con: duckdb.DuckDBPyConnection) -> None:
    partition, most = new_partition(con, default_map()), default_map().max_events
    for begin in range(0, most + 1000, 1000):
        read(partition, [page(number, number) for number in range(begin, begin + 1000)])
    read(partition, [page(99_998, most + 1000)])
    assert read(partition, [page(99_999, 0.5)]) <= 10


def heap(chance: random.Random, count: int) -> list[Event]:
    """Events of two customers so dense that journeys grow oversized, split and merge; with copies, equal times, terminals and cases."""
    events: list[Event] = []
    for number in range(count):
        who = chance.choice(("ann", "ann", "bob"))
        kind = chance.choice(("page.viewed",) * 12 + ("call.queued", "call.answered", "case.closed"))
        minute = chance.choice((chance.randrange(3000), chance.randrange(300) * 10, 0, 7))
        fields = {"segment": chance.choice(("gold", "plain"))} if chance.random() < 0.1 else {}
        more: dict[str, Any] = {"attributes": fields} if fields else {}
        if chance.random() < 0.2:
            more["case_id"] = chance.choice(("c1", "c2"))
        if chance.random() < 0.1:
            more["sequence"] = chance.randrange(-2, 3)
        events.append(page(number, minute, customer_id=who, type=kind, **more))
    copies = [event | chance.choice(({}, {"text": "again"}, {"type": "case.closed"}, {"sequence": 9})) for event in chance.sample(events, count // 8)]
    chance.shuffle(mixed := events + copies)
    return mixed


@pytest.mark.parametrize("in_time", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_runs_and_walks_give_the_same_rows(con: duckdb.DuckDBPyConnection, seed: int, in_time: bool) -> None:
    events = heap(random.Random(seed), 600)
    if in_time:
        events.sort(key=lambda event: str(event["time"]))
    batches = [events[begin : begin + 45] for begin in range(0, len(events), 45)]
    answers = []
    for deepest in (1, 10**6):
        netted = Netted()
        netted.absorb(new_partition(con, small_map(), deepest), 0, batches)
        answers.append(
            (netted.rows("journeys"), netted.rows("steps"), {name: netted.counters[name] for name in ("accepted", "duplicates", "conflicts")})
        )
    assert answers[0] == answers[1]
    whole = Netted()
    whole.absorb(new_partition(con, small_map()), 0, [events])
    assert whole.rows("steps") == answers[0][1]
