"""Holes of Faust's defaults that touch a worker, each beside what ours does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from jobs.kafka.app import App, build_app
from jobs.kafka.chunk import Chunk
from jobs.kafka.settings import read_settings
from jobs.kafka.transport import BulkConsumer

PLACE = TP("touchpoints", 0)


class Nobody:
    """Takes nothing."""

    async def room(self, wait_s: float) -> bool:
        return True

    async def assigned(self, partitions: set[TP]) -> None: ...

    async def starts(self, partitions: set[TP], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
        return {}

    async def rest(self) -> None: ...

    async def put(self, chunk: Chunk) -> None: ...


def _app() -> App:
    app = build_app(read_settings({}), Nobody())
    app.finalize()
    return app


@contextmanager
def _consumer() -> Iterator[BulkConsumer]:
    consumer = _app().consumer
    assert isinstance(consumer, BulkConsumer)
    yield consumer
    consumer._thread.thread_loop.close()  # Faust makes it with the consumer and closes it when a thread that was started ends


def test_faust_commits_past_an_event_in_work_and_ours_only_what_the_journal_holds() -> None:
    async def offsets() -> tuple[int | None, int | None, int | None]:
        with _consumer() as consumer:
            consumer._acked[PLACE] = [7, 8, 9]  # 0 to 6 are still in work
            before = consumer._new_offset(PLACE)
            consumer.settle(PLACE, 5)
            return driver.Consumer._new_offset(consumer, PLACE), before, consumer._new_offset(PLACE)

    assert asyncio.run(offsets()) == (10, None, 5)


def test_a_commit_that_kafka_refused_is_said_again() -> None:
    async def said() -> list[list[TP]]:
        with _consumer() as consumer:
            consumer.settle(PLACE, 5)
            waiting = [list(consumer._filter_tps_with_pending_acks())]
            consumer._committed_offset[PLACE] = 5  # Faust notes it whatever Kafka said
            waiting.append(list(consumer._filter_tps_with_pending_acks()))
            consumer.told[PLACE] = 5
            return [*waiting, list(consumer._filter_tps_with_pending_acks())]

    assert asyncio.run(said()) == [[PLACE], [PLACE], []]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stream_wait_empty", False),
        ("topic_disable_leader", True),
        ("topic_allow_declare", False),
        ("web_enabled", False),
        ("web_tables_enabled", False),
    ],
)
def test_a_default_that_hangs_or_opens_a_door_is_closed(name: str, value: object) -> None:
    async def both() -> tuple[object, object]:
        stock = faust.App("stock")
        stock.finalize()
        return getattr(_app().conf, name), getattr(stock.conf, name)

    ours, theirs = asyncio.run(both())
    assert ours == value
    assert theirs != value


def test_an_agent_that_fails_ends_the_worker_instead_of_skipping_the_event() -> None:
    async def supervisor() -> str:
        return _app().conf.agent_supervisor.__name__

    assert asyncio.run(supervisor()) == "CrashingSupervisor"
