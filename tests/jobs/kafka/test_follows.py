"""A worker takes a chunk only where it goes on exactly where its lane stands: what was let go of on the way is asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

from aiokafka.structs import ConsumerRecord
from faust.types import TP

from jobs.kafka.chunk import Chunk
from jobs.kafka.settings import read_settings
from jobs.kafka.worker import Worker, WorkerSettings
from schemas.journey_map import default_map

PLACE = TP("touchpoints", 0)


@dataclass
class Books:
    """The consumer: its turns, what was asked for again, and where the partition begins; something may happen while that is asked."""

    turns: dict[TP, int] = field(default_factory=lambda: {PLACE: 1})
    again: list[int] = field(default_factory=list)
    earliest: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def read_again(self, tp: TP, offset: int) -> None:
        self.again.append(offset)

    async def earliest_offsets(self, *places: TP) -> dict[TP, int]:
        self.meanwhile()
        return dict.fromkeys(places, self.earliest)


@dataclass
class Lane:
    """Takes what comes."""

    takes: bool = True
    expected: dict[str, int] = field(default_factory=lambda: {PLACE.topic: 10})
    floor: dict[str, int] = field(default_factory=lambda: {PLACE.topic: 10})
    taken: list[int] = field(default_factory=list)

    def put(self, chunk: Chunk) -> None:
        self.taken.append(chunk.first)


def chunk(first: int, begin: int, turn: int = 1) -> Chunk:
    record: Any = ConsumerRecord(PLACE.topic, PLACE.partition, first, 0, 0, None, b"{}", None, -1, 2, ())
    return Chunk.of(PLACE, [record], turn, first + 1, begin)


def put(tmp_path: Path, given: Chunk, lane: Lane, books: Books) -> Worker:
    async def within() -> Worker:
        worker = Worker(WorkerSettings(tmp_path / "dir", default_map(), read_settings({}), 1))
        worker.lanes[0], worker.consumer = cast(Any, lane), cast(Any, books)
        await worker.put(given)
        return worker

    return asyncio.run(within())


@pytest.mark.parametrize(("first", "begin"), [(10, 10), (9, 8), (15, 10)], ids=["next", "known in part", "behind a gap of the broker's"])
def test_what_goes_on_where_the_lane_stands_is_taken(tmp_path: Path, first: int, begin: int) -> None:
    lane, books = Lane(floor={PLACE.topic: 0}), Books()
    put(tmp_path, chunk(first, begin), lane, books)
    assert (lane.taken, books.again) == ([first], [])


def test_what_was_let_go_of_on_the_way_is_asked_for_again(tmp_path: Path) -> None:
    lane, books = Lane(), Books()
    worker = put(tmp_path, chunk(15, begin=15), lane, books)
    assert (lane.taken, books.again, worker.records, worker.failed) == ([], [10], 0, None)


def test_a_chunk_that_partitions_moved_away_from_while_it_was_looked_at_is_not_taken(tmp_path: Path) -> None:
    lane, books = Lane(), Books()

    def rebalance() -> None:  # away and back: the lane stands where the journal does, and everything is read again from there
        books.turns[PLACE] += 1
        lane.expected[PLACE.topic] = 4

    books.meanwhile = rebalance
    worker = put(tmp_path, chunk(15, begin=10), lane, books)
    assert (lane.taken, worker.records) == ([], 0)


def test_nothing_is_taken_while_a_lane_rests_or_of_an_older_turn(tmp_path: Path) -> None:
    for lane, turn in ((Lane(takes=False), 1), (Lane(), 0)):
        put(tmp_path, chunk(10, 10, turn), lane, Books())
        assert lane.taken == []


def test_records_that_are_gone_unread_end_the_worker(tmp_path: Path) -> None:
    lane = Lane()
    worker = put(tmp_path, chunk(15, begin=10), lane, Books(earliest=15))
    assert lane.taken == []
    assert "5 records from offset 10 are gone from Kafka" in str(worker.failed)
