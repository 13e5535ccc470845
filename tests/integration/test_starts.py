"""A worker whose broker restarts in the very moment it connects waits for it: the first look saw it alive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer

from jobs.kafka.link import client_options
from jobs.kafka.settings import Settings
from jobs.kafka.tools.produce import producer_options
from jobs.kafka.worker import Worker, WorkerSettings, work
from schemas.journey_map import default_map

AWAY = {1, 2, 4, 5}
"""Of the connections that are made, these find nobody: the consumer's first two, and the first two for dead letters."""
EVENT = b'{"id": "1", "source": "shop", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "customer_id": "c1", "channel": "web"}'


@contextlib.asynccontextmanager
async def moody(bootstrap: str) -> AsyncIterator[str]:
    """Yield the address of one who hands connections on to a broker, but for those of ``AWAY``."""
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    made = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        made += 1
        if made not in AWAY:
            theirs, ours = await asyncio.open_connection(host, int(port))
            await asyncio.wait([asyncio.create_task(copy(reader, ours)), asyncio.create_task(copy(theirs, writer))])
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert made > max(AWAY)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(1 << 16):
        writer.write(piece)
    writer.close()


async def worked(settings: Settings, to: Path) -> Worker:
    async with moody(settings.connection.bootstrap) as address:
        kafka = replace(settings, connection=replace(settings.connection, servers=(address,)))
        return await work(WorkerSettings(to, default_map(), kafka, 4, until_end=True))


def test_a_broker_that_is_away_when_a_worker_connects_is_waited_for(settings: Settings, tmp_path: Path) -> None:
    producer = KafkaProducer(**producer_options(settings))
    for value in (EVENT, b"no event"):
        producer.send(settings.topics.touchpoints[0], value, key=b"c1")
    producer.close()
    worker = asyncio.run(worked(settings, tmp_path / "dir"))
    assert (worker.counters["read"], worker.counters["dead_letters"]) == (2, 1)
    options = client_options(settings.connection)
    reader = KafkaConsumer(settings.topics.dead_letters, **options, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    assert next(reader).value == b"no event"
    reader.close()
