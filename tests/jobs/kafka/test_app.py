"""Holes of Faust's defaults that touch a worker, each beside what ours does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

pytest.importorskip("faust", reason="the distributed form is not installed: pip install '.[kafka]'")

import faust
from aiokafka.structs import ConsumerRecord
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from jobs.kafka.app import App, Bulk, build_app, credentials
from jobs.kafka.chunk import Chunk
from jobs.kafka.lanes import Lane
from jobs.kafka.settings import read_settings
from jobs.kafka.transport import BulkConsumer, Fetched
from jobs.kafka.worker import STUCK_S, Worker, WorkerSettings
from schemas.journey_map import default_map

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


class Broker:
    """Stands where Faust's thread that talks to brokers does: has one partition, and notes what is committed and sought."""

    def __init__(self, takes: bool = True) -> None:
        self.takes, self.committed, self.sought = takes, list[Mapping[TP, int]](), list[Mapping[TP, int]]()

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        self.committed.append(dict(offsets))
        return self.takes

    async def seek_to_committed(self) -> Mapping[TP, int]:
        return {PLACE: 3}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        self.sought.append(dict(partitions))

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        return dict.fromkeys(partitions, 0)


class Silent:
    """A producer with nothing to send."""

    async def flush(self) -> None: ...


@contextmanager
def _pair(broker: Broker) -> Iterator[tuple[driver.Consumer, BulkConsumer]]:
    """Faust's own consumer and ours, each at that broker, with five records delivered, worked on and done."""
    stock_app = faust.App("stock", broker="kafka://127.0.0.1:1")
    stock_app.finalize()
    stock = stock_app.consumer
    assert isinstance(stock, driver.Consumer)
    with _consumer() as ours:
        stock._acked[PLACE] = [0, 1, 2, 3, 4]
        ours.settle(PLACE, 5)
        stock._thread.thread_loop.close()
        own = ours._thread
        for consumer in (stock, ours):
            consumer._thread, consumer.app.producer, consumer._on_partitions_revoked = broker, Silent(), _nothing
        yield stock, ours
        ours._thread = own


async def _nothing(revoked: set[TP]) -> None: ...


def test_faust_forgets_what_is_done_when_partitions_are_revoked_and_ours_commits_it_first() -> None:
    async def committed() -> tuple[list[Mapping[TP, int]], list[Mapping[TP, int]]]:
        with _pair(broker := Broker()) as (stock, ours):
            await stock.on_partitions_revoked({PLACE})
            await stock.commit()
            theirs = list(broker.committed)
            await ours.on_partitions_revoked({PLACE})
            return theirs, broker.committed

    assert asyncio.run(committed()) == ([], [{PLACE: 5}])


def test_faust_takes_a_refused_commit_for_done_and_ours_says_it_again() -> None:
    async def committed() -> tuple[int, int]:
        with _pair(broker := Broker(takes=False)) as (stock, ours):
            await stock.commit()
            await stock.commit()
            theirs = len(broker.committed)
            await ours.commit()
            await ours.commit()
            return theirs, len(broker.committed) - theirs

    assert asyncio.run(committed()) == (1, 2)


def test_faust_begins_where_kafka_says_and_ours_where_the_journal_does() -> None:
    class Journal(Nobody):
        async def starts(self, partitions: set[TP], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
            return {PLACE: 42}

    async def begun() -> tuple[Mapping[TP, int], Mapping[TP, int], list[Mapping[TP, int]]]:
        with _pair(broker := Broker()) as (stock, ours):
            ours.app.bulk = Bulk(Journal(), 0.5)
            return await stock.seek_to_committed(), await ours.seek_to_committed(), broker.sought

    assert asyncio.run(begun()) == ({PLACE: 3}, {PLACE: 42}, [{PLACE: 42}])


def test_records_that_were_fetched_before_a_seek_are_not_delivered_after_it() -> None:
    records = [ConsumerRecord("touchpoints", 0, offset, 0, 0, None, b"{}", None, -1, 2, ()) for offset in (7, 8)]

    async def delivered(turn: int) -> list[int]:
        with _consumer() as consumer:
            consumer.turns[PLACE] = 1
            consumer.flow_active = True

            async def fetched(timeout: float) -> tuple[object, None]:
                return {PLACE: Fetched(turn, records, 7, 9, 9)}, None

            consumer._wait_next_records = fetched
            return [message.offset async for _, message in consumer.getmany(1.0)]

    assert asyncio.run(delivered(0)) == []
    assert asyncio.run(delivered(1)) == [8]  # both, in one chunk


def test_what_faust_fixes_of_its_consumer_is_set_by_us() -> None:
    async def made() -> list[tuple[int, str, str]]:
        stock_app = faust.App("stock", broker="kafka://127.0.0.1:1")
        stock_app.finalize()
        found = []
        for app in (stock_app, _app()):
            consumer = cast(driver.Consumer, app.consumer)
            made = consumer._thread._create_worker_consumer(app.transport)
            found.append((made._fetch_max_wait_ms, made._partition_assignment_strategy[0].name, made._isolation_level))
            await made.stop()
            consumer._thread.thread_loop.close()
        return found

    assert asyncio.run(made()) == [(1500, "faust", "read_uncommitted"), (500, "range", "read_committed")]


def test_faust_can_not_make_tls_credentials_by_itself_and_ours_are_made(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        faust.SSLCredentials()
    assert credentials(read_settings({"KAFKA_SECURITY_PROTOCOL": "SSL"}).connection).context.check_hostname
    assert credentials(read_settings({}).connection) is None


def test_a_worker_that_holds_records_and_commits_nothing_notices(tmp_path: Path) -> None:
    async def stuck(held: int, ago_s: float) -> bool:
        worker = Worker(WorkerSettings(tmp_path / "dir", default_map(), read_settings({}), 1))
        worker.lanes[0] = cast(Lane, SimpleNamespace(records=held, ready=True, committed_at=time.monotonic() - ago_s))
        return worker.stuck()

    assert [asyncio.run(stuck(*case)) for case in ((1, STUCK_S + 1), (1, 1.0), (0, STUCK_S + 1))] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "value"), [("processing_guarantee", "at_least_once"), ("producer_threaded", False), ("stream_publish_on_commit", False)]
)
def test_a_default_that_must_stay_is_still_one(name: str, value: object) -> None:
    async def found() -> object:
        return getattr(_app().conf, name)

    assert getattr(asyncio.run(found()), "value", asyncio.run(found())) == value


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
