"""Partitions of one process share what rules were prepared to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.courts import SharedCourt, court_of
from pipelines.judge.court import Court
from pipelines.judge.judge import Judge
from pipelines.judge.shelf import shelf
from pipelines.lexicon import Lexicon
from pipelines.partition import Partition
from pipelines.state import State
from pipelines.table import engine
from schemas.journey_map import default_map
from tests.generated.netted import Row
from tests.pipelines.judge.test_judge_properties import Intervals

PROMISE = {"type": "promise.made", "time": "2025-03-04T09:00:00Z", "promise": {"due_at": "2025-03-05T09:00:00Z"}, "source": "crm"}


def found(number: int, court: Court) -> list[Row]:
    lexicon, netted = Lexicon(default_map()), Intervals()
    partition = Partition(lexicon, State(), engine(), judge=Judge(shelf(default_map()), lexicon, court=court))
    for each in range(20):
        netted.absorb(partition, each, [[PROMISE | {"id": f"{number}-{each}", "customer_id": f"c{number}"}]])
    return netted.rows("intervals")


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")  # workers, too, turn it off for all threads
def test_partitions_that_share_a_court_find_in_threads_what_each_finds_alone() -> None:
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(found, range(4), [SharedCourt(default_map())] * 4))
    assert together == [found(number, Court(default_map())) for number in range(4)]
    assert all(len(rows) >= 20 for rows in together)


def test_a_court_is_shared_while_it_is_used() -> None:
    first = court_of(default_map())
    assert court_of(default_map()) is first
