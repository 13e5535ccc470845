"""Faust's transport, fed with whole fetched chunks, and seeking to the journal's offsets.

Stock Faust delivers record by record at 65-90 µs each; a chunk an event costs 3 µs a record. The classes here replace, of Faust's consumer,

* how fetched records become messages (``getmany``): one message a chunk, none while what is held has reached its bounds;
* what is committed (``_new_offset`` and its neighbours): exactly what the journal holds, whatever streams have acknowledged;
* when (``on_partitions_revoked``): before the books are cleared, so that the next owner doesn't read again what is done;
* where reading begins (``seek_to_committed``): at the journal's offset, else at the beginning; never at the group's;
* who gets which partition: by ranges, so that partition n of all topics is one worker's.

They use private names of Faust and aiokafka: ``PRIVATE`` lists them, and a test fails when one disappears.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import aiokafka
import aiokafka.conn
import aiokafka.consumer.fetcher
import aiokafka.coordinator.assignors.range
import aiokafka.coordinator.protocol
import aiokafka.protocol.metadata
import faust
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service

from jobs.kafka.chunk import Chunk
from jobs.kafka.link import started

CHUNK_RECORDS = 5_000
UNSEEN_S = 1.0
START_S = 60.0
"""So long (seconds) brokers may be away at the very start."""
ROOM_S = 0.5  # a stop is noticed within this time while there is no room
log = logging.getLogger(__name__)

PRIVATE: Mapping[Any, Sequence[str]] = {
    faust.App: ("_new_transport", "_create_directories", "_consumer"),
    driver.Consumer: (
        "_wait_next_records",
        "_read_offset",
        "_new_offset",
        "_should_commit",
        "_filter_tps_with_pending_acks",
        "_commit",
        "_commit_tps",
        "maybe_wait_for_commit_to_finish",
        "_new_consumer_thread",
        "seek_to_committed",
        "verify_event_path",
    ),
    driver.AIOKafkaConsumerThread: ("_create_worker_consumer", "_seek_wait", "_fetch_records", "_commit", "_ensure_consumer"),
    aiokafka.AIOKafkaConsumer: ("_partition_assignment_strategy", "_fetch_max_wait_ms", "_isolation_level", "_subscription", "_fetcher", "_client"),
    aiokafka.consumer.fetcher.Fetcher: ("_records",),
    aiokafka.consumer.fetcher.FetchResult: ("_partition_records",),
    aiokafka.consumer.fetcher.PartitionRecords: ("_consumer_record",),
    aiokafka.conn: ("create_conn",),
    aiokafka.protocol.metadata: ("MetadataRequest",),
    aiokafka.coordinator.assignors.range: ("RangePartitionAssignor",),
    aiokafka.coordinator.protocol: ("ConsumerProtocolMemberAssignment", "ConsumerProtocolMemberMetadata"),
}
"""Names of the libraries that are none of their promises, and that we call, set or override; with who has them."""


class Intake(Protocol):
    """Who takes the chunks: what the transport must know of the worker."""

    async def room(self, wait_s: float) -> bool:
        """Return whether there is room for more, after at most so long (seconds)."""

    async def assigned(self, partitions: set[TP]) -> None:
        """These partitions are ours from now on, no others."""

    async def starts(self, partitions: set[TP], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
        """Return where reading of each partition begins."""

    async def rest(self) -> None:
        """Finish what is at work and let go of the rest: partitions are being revoked."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched of a partition.

    Attributes:
        turn: After which seek.
        records: May be none: marks of transactions, and what they took back, are passed over, and only the position tells of them.
        begin, position: Where the client stood before it, and where it reads on.
        end: The offset behind all that can be read now; None where the broker has not said it.
    """

    turn: int
    records: Sequence[Any]
    begin: int
    position: int
    end: int | None


class BulkThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to brokers. It knows after which seek a record was fetched."""

    def __init__(self, consumer: BulkConsumer, **kwargs: Any) -> None:
        self.turns: dict[TP, int] = {}
        self.passed: dict[TP, int] = {}
        super().__init__(consumer, **kwargs)

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._partition_assignment_strategy = [self.app.bulk.assignor]  # type: ignore[attr-defined]
        consumer._isolation_level = "read_committed"  # what a producer's transaction took back never happened
        consumer._fetch_max_wait_ms = int(self.app.bulk.fetch_wait_s * 1000)  # type: ignore[attr-defined]
        return consumer

    async def on_start(self) -> None:
        """Connect; brokers that answered a moment ago may restart just now, and are waited for."""
        await started(self.connect, START_S)

    async def connect(self) -> None:
        """Make a client and start it."""
        try:
            await super().on_start()
        except KafkaError:
            await self._ensure_consumer().stop()
            raise

    @Service.task
    async def look_for_topics(self) -> None:
        """Ask again for topics that brokers did not know: one that has just started does not, and who shares out partitions then shares out none.

        The client alone would ask again after five minutes. What it learns has the group share out anew.
        """
        while not self.should_stop:
            await self.sleep(UNSEEN_S)
            consumer = self._consumer
            if consumer is not None and any(not consumer.partitions_for_topic(topic) for topic in consumer.subscription()):
                await consumer._client.force_metadata_update()

    async def _seek_wait(self, consumer: aiokafka.AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        """Seek; the loop of this thread runs nothing between the new turn and the seek, so no record is taken for another turn's."""
        self.turns |= {tp: cast(BulkConsumer, self.consumer).turns[tp] for tp in partitions}
        self.passed |= partitions
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(self, consumer: aiokafka.AIOKafkaConsumer, active_partitions: set[TP], *args: Any, **kwargs: Any) -> dict[TP, Any]:
        _unwrapped(consumer._fetcher._records.values())
        found = await super()._fetch_records(consumer, active_partitions, *args, **kwargs)
        fetched = {}
        for tp in active_partitions:
            records, position, end = found.get(tp, []), *_stand(consumer, tp)
            if records or position > self.passed.get(tp, position):
                fetched[tp] = Fetched(self.turns.get(tp, 0), records, self.passed.get(tp, position), position, end)
            self.passed[tp] = position
        return cast(dict[TP, Any], fetched)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit to Kafka; a failure is no reason to end, for the journal knows better, and the next commit says it again."""
        consumer = self._ensure_consumer()
        ours = self.assignment()
        try:
            await consumer.commit({aiokafka.TopicPartition(*tp): offset for tp, offset in offsets.items() if tp in ours})
        except KafkaError as error:
            log.warning("offsets not committed to Kafka, will be again: %s", type(error).__name__)
            return False
        return True


def _unwrapped(fetched: Iterable[Any]) -> None:
    """Let records that came with earlier answers be handed out as they were parsed: to wrap each once more takes as long as all else here.

    What comes while the client waits is wrapped; it has the same attributes.
    """
    for result in fetched:
        records = getattr(result, "_partition_records", None)  # none in an error, nor where all were handed out
        if records is not None:
            records._consumer_record = _as_parsed


def _as_parsed(tp: TP, record: Any) -> Any:
    return record


class BulkConsumer(driver.Consumer):
    """Faust's consumer; see the head of this module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turns: dict[TP, int] = {}
        self.done: dict[TP, int] = {}
        self.told: dict[TP, int] = {}
        self.again: dict[TP, int] = {}
        self._seeking = asyncio.Lock()

    @property
    def intake(self) -> Intake:
        """Who takes the chunks."""
        return cast(Intake, self.app.bulk.intake)  # type: ignore[attr-defined]

    def _new_consumer_thread(self) -> BulkThread:
        return BulkThread(self, loop=self.loop, beacon=self.beacon)

    def settle(self, tp: TP, offset: int) -> None:
        """Note that the journal holds everything below an offset: the next commit to Kafka says so."""
        self.done[tp] = offset

    def read_again(self, tp: TP, offset: int) -> None:
        """Seek back before the next fetch; what was fetched before is not delivered."""
        self.again[tp] = offset
        self.turns[tp] = self.turns.get(tp, 0) + 1

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Yield a message a chunk."""
        if self.again:
            again, self.again = self.again, {}
            await self.seek_wait({tp: offset for tp, offset in again.items() if tp in self.assignment()})
        if self.flow_active and not await self.intake.room(ROOM_S):
            return
        found, _ = await self._wait_next_records(timeout)
        if found is None or self.should_stop:
            return
        for tp, fetched in cast(dict[Any, Fetched], found).items():
            for chunk in _chunks(tp, fetched):
                if not self.flow_active:
                    return
                if fetched.turn != self.turns.get(tp, 0):
                    break
                message = _message(tp, chunk, self.app.consumer_generation_id)
                self._read_offset[tp] = message.offset - 1  # Faust keeps books of gaps; there are none
                yield tp, message

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek; records that were fetched before belong to an older turn."""
        async with self._seeking:
            for tp in partitions:
                self.turns[tp] = self.turns.get(tp, 0) + 1
            if partitions:
                await super().seek_wait(partitions)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to where the journal stands."""
        ours = self.assignment()
        starts = await self.intake.starts(ours, await self.earliest_offsets(*ours) if ours else {})
        await self.seek_wait(starts)
        return starts

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Make ready for these partitions before anything is read."""
        await self.intake.assigned(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish what is at work and commit it, before Faust clears its books."""
        await self.intake.rest()
        await self.commit_all()
        self.done.clear()
        self.told.clear()
        await super().on_partitions_revoked(revoked)

    async def commit_all(self) -> None:
        """Commit what is settled, also where a commit was on its way."""
        await self.maybe_wait_for_commit_to_finish()
        await self.commit()

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp, offset in list(self.done.items()) if offset != self.told.get(tp))

    def _new_offset(self, tp: TP) -> int | None:
        return self.done.get(tp)

    def _should_commit(self, tp: TP, offset: int) -> bool:
        return offset != self.told.get(tp)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        if done := await super()._commit(offsets):
            self.told |= offsets
        return done

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust looks at its own books here; the worker's watchdog looks at the journal's."""


class BulkTransport(driver.Transport):
    """Faust's transport with that consumer."""

    Consumer = BulkConsumer


def _chunks(tp: TP, fetched: Fetched) -> Iterator[Chunk]:
    """Yield what was fetched in pieces; the last one says how far it reaches."""
    turn, end, begin = fetched.turn, fetched.end, fetched.begin
    if not fetched.records:
        yield Chunk.empty(tp.topic, tp.partition, turn, end, begin, fetched.position)
    for at in range(0, len(fetched.records), CHUNK_RECORDS):
        last = at + CHUNK_RECORDS >= len(fetched.records)
        chunk = Chunk.of(tp, fetched.records[at : at + CHUNK_RECORDS], turn, end, begin, fetched.position if last else 0)
        yield chunk
        begin = chunk.next


def _message(tp: TP, chunk: Chunk, generation: int) -> ConsumerMessage:
    """Wrap a chunk as Faust's streams want it; its offset is the last one that it covers. Of another generation of the group they drop it."""
    return ConsumerMessage(tp.topic, tp.partition, chunk.next - 1, time.time(), 0, {}, None, cast(Any, chunk), None, tp=tp, generation_id=generation)


def _stand(consumer: aiokafka.AIOKafkaConsumer, tp: TP) -> tuple[int, int | None]:
    """Return where the client reads on (-1 where that is not settled), and the end of what can be read: open transactions are not waited for."""
    state = consumer._subscription
    if not state.is_assigned(tp):
        return -1, None
    held = state.subscription.assignment.state_value(tp)
    return (held.position if held.has_valid_position else -1), held.highwater if held.lso is None else held.lso
