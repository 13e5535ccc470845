"""The Faust app of a worker: one ingest agent that receives whole chunks, and Faust's defaults that lose, double or expose something closed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import faust
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.app.base import BootStrategy
from faust.types import StreamT
from yarl import URL

from jobs.kafka.chunk import Chunk
from jobs.kafka.link import tls_context
from jobs.kafka.settings import Connection, Settings
from jobs.kafka.transport import BulkConsumer, BulkTransport, Intake

MAX_FETCH_BYTES = 4 << 20
"""What one fetch brings of one partition at most: a buffer overshoots its bound by no more than this a partition."""
MAX_POLL_RECORDS = 50_000
log = logging.getLogger(__name__)


class Taker(Intake, Protocol):
    """The transport's intake, and where the agent puts what it receives."""

    async def put(self, chunk: Chunk) -> None:
        """Take a chunk."""


@dataclass(frozen=True)
class Bulk:
    """What the transport needs beside Faust's settings."""

    intake: Taker
    fetch_wait_s: float
    assignor: Any = RangePartitionAssignor


class ChunkSchema(faust.Schema):  # type: ignore[type-arg]
    """Chunks are no bytes: nothing is decoded."""

    def compile(self, app: Any, **kwargs: Any) -> Callable[..., Awaitable[Any]]:
        """Return the function that makes an event of a message."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, {}, message)

        return decode


class Boot(BootStrategy):
    """What Faust starts."""

    enable_kafka_producer = False  # nothing is written through it, and it ends the app where a broker restarts at that moment


class App(faust.App):
    """Faust's app on the bulk transport."""

    BootStrategy = Boot
    bulk: Bulk

    def _new_transport(self) -> BulkTransport:
        return BulkTransport(self.conf.broker_consumer, self, loop=self.loop)

    def _create_directories(self) -> None:
        """Faust's data folder would hold tables; there are none."""

    async def on_stop(self) -> None:
        """Finish what is at work and commit it while the consumer still stands: Faust's own signals come too late, or not at all."""
        if self._consumer is not None:
            await self.bulk.intake.rest()
            await cast(BulkConsumer, self.consumer).commit_all()
        await super().on_stop()


def build_app(settings: Settings, intake: Taker, assignor: Any = RangePartitionAssignor) -> App:
    """Return the app of a worker, ready to start.

    Args:
        settings: How the cluster is reached and read.
        intake: Takes what comes.
        assignor: Shares out partitions by ranges.
    """
    reads = settings.consuming
    app = App(
        reads.group,
        broker=[URL(f"kafka://{server}") for server in settings.connection.servers],
        broker_client_id=settings.connection.client_id,
        broker_credentials=credentials(settings.connection),
        broker_commit_interval=reads.commit_s,
        broker_session_timeout=reads.session_s,
        broker_rebalance_timeout=max(30.0, reads.session_s),
        broker_request_timeout=max(40.0, reads.session_s),
        broker_heartbeat_interval=min(3.0, reads.session_s / 4),
        broker_max_poll_records=MAX_POLL_RECORDS,
        consumer_max_fetch_size=MAX_FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        # From here on: what Faust does otherwise loses data, hangs, or opens a door (research/streaming.md 1.4).
        stream_wait_empty=False,  # else SIGTERM waits for events that are held on purpose
        stream_buffer_maxsize=16,  # of chunks
        stream_recovery_delay=0.0,
        agent_supervisor="mode.CrashingSupervisor",  # else a failed event is skipped and counts as done
        topic_disable_leader=True,
        topic_allow_declare=False,  # topics are made by us, with what we ask of them
        web_enabled=False,  # it would listen on every interface, tables and router included
        web_tables_enabled=False,
        web_router_enabled=False,
        autodiscover=False,
        logging_config=None,
        store="memory://",
    )
    app.bulk = Bulk(intake, reads.fetch_wait_s, assignor)
    source = app.topic(*settings.topics.touchpoints, schema=ChunkSchema())

    @app.agent(source, name="ingest", concurrency=1)
    async def ingest(stream: StreamT[Chunk]) -> AsyncIterator[None]:
        async for event in stream.noack().events():  # type: ignore[attr-defined]  # what is done is what the journal holds, not what was seen here
            await intake.put(cast(Chunk, event.value))
            yield

    return app


def credentials(connection: Connection) -> Any:
    """Return what Faust wants to be told about security; None where there is none."""
    context = tls_context(connection.tls) if connection.tls else None
    if connection.sasl:
        sasl = connection.sasl
        return faust.SASLCredentials(username=sasl.username, password=sasl.password, mechanism=sasl.mechanism, ssl_context=context)
    return faust.SSLCredentials(context=context) if context else None
