"""``sojourn worker``: the partitions that the group gives us, from Kafka to the journal of a DIR, until told to end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from faust.types import TP

from jobs.journal.log import Journal
from jobs.kafka.app import App, build_app
from jobs.kafka.chunk import Chunk
from jobs.kafka.dead_letters import DeadLetterTopic
from jobs.kafka.lanes import LAST_RECORDS, Lane, LaneSettings, reached_in
from jobs.kafka.settings import Settings
from jobs.kafka.sharing import Sharing, Side, side_of
from jobs.kafka.transport import BulkConsumer
from jobs.memory import give_back, keep_freed
from pipelines.judge.rule import Rule
from pipelines.partition import Absorbed
from schemas.errors import JournalError, SettingError, SojournError, SourceError
from schemas.journey_map import JourneyMap

STOP_S = 9.0
"""A worker that was told to end has ended after so long (seconds), whatever it hangs on: nothing is lost."""
PART_S = 4.0
"""Of these so long for the farewell to Kafka: brokers that are away must not keep a worker whose journal stands."""
STUCK_S = 120.0
"""A worker that holds records and commits nothing for so long (seconds) ends itself."""
WARN_S = 60.0
"""So often at most (seconds) the same is warned of."""
GIVE_S = 30.0
"""Free memory that lies between what is in use goes back to the system this often (seconds): it would grow for hours."""
LOOK_S = 0.1
SLOTS = 2
"""So many batches are at work at once: while one waits for the disk, another computes."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerSettings:
    """What a worker is asked to do.

    Attributes:
        to: The DIR.
        until_end: End when all is read that was there at the start.
        ticks: Say that time passes where nothing comes.
        accept_gap: Go on where records that were never read are gone from Kafka.
        strict: Refuse unknown fields.
        rules: What is judged.
        begin: Where reading begins of partitions that the journal never read; 0 where it says nothing.
        tell_dead: Send dead letters to their topic; a replay must not, for they lie there already.
    """

    to: Path
    journey_map: JourneyMap
    kafka: Settings
    partitions: int
    until_end: bool = False
    ticks: bool = True
    accept_gap: bool = False
    strict: bool = False
    rules: Sequence[Rule] = ()
    begin: Mapping[TP, int] = field(default_factory=dict)
    tell_dead: bool = True


class Worker:
    """The lanes of a worker, and all that they share."""

    def __init__(self, asked: WorkerSettings) -> None:
        reads = asked.kafka.consuming
        self.asked = asked
        self.settings = LaneSettings(
            to=asked.to,
            journey_map=asked.journey_map,
            cache=asked.kafka.cache,
            batch_s=reads.batch_s,
            tick_s=reads.tick_s if asked.ticks and not asked.until_end else None,
            strict=asked.strict,
            rules=asked.rules,
            schema_ids=asked.kafka.topics.schema_ids,
        )
        self.journal = _journal(asked.to, asked.partitions)
        self.slots = asyncio.Semaphore(SLOTS)
        self.consumer: BulkConsumer | None = None
        self.lanes: dict[int, Lane] = {}
        self.failed: BaseException | None = None
        self.rested = False
        self.stopping = asyncio.Event()
        self.records, self.size = 0, 0
        self.counters: dict[str, int] = {}
        self.rebalances = 0
        self.commits, self.commit_s = 0, 0.0
        self._ends: dict[TP, int] = {}
        self._warned_at = -WARN_S
        self._room = asyncio.Event()
        self._dead = DeadLetterTopic(asked.kafka, asyncio.get_running_loop())

    @property
    def books(self) -> BulkConsumer | None:
        """The consumer; None before there is one."""
        return self.consumer

    async def room(self, wait_s: float) -> bool:
        """Return whether there is room for more."""
        limits = self.asked.kafka.consuming
        if self.records < limits.buffer_records and self.size < limits.buffer_bytes:
            return True
        self._room.clear()
        try:
            await asyncio.wait_for(self._room.wait(), wait_s)
        except TimeoutError:
            return False
        return True

    async def put(self, chunk: Chunk) -> None:
        """Hold a chunk in its lane."""
        self.records, self.size = self.records + len(chunk.values), self.size + chunk.size
        if await self._follows(chunk):
            self.lanes[chunk.partition].put(chunk)
        else:
            self.release(len(chunk.values), chunk.size)

    async def _follows(self, chunk: Chunk) -> bool:
        """Return whether a chunk is of now and goes on where its lane stands. All is looked at again after a wait: partitions may have moved."""
        tp, checked = TP(chunk.topic, chunk.partition), -1
        while True:
            lane, books = self.lanes.get(chunk.partition), self.books
            if lane is None or books is None or not lane.takes or chunk.turn != books.turns.get(tp):
                return False
            expected = lane.expected.get(chunk.topic, chunk.first)
            if chunk.next <= lane.floor.get(chunk.topic, 0):
                begun = f"{chunk.topic}:{chunk.partition} begins anew at offset {chunk.first:,}, and the journal has read up to {expected:,}"
                self.fail(SourceError(f"{begun}: was the topic made anew? Its records go into a new DIR, or under a new name"))
                return False
            if chunk.begin > expected:  # something between was let go of on its way here
                log.info("%s:%d: reading again from offset %d on", chunk.topic, chunk.partition, expected)
                books.read_again(tp, expected)
                return False
            if chunk.first <= expected or expected == checked:
                return True
            checked = expected
            if await self._lost(tp, expected):
                return False

    def release(self, records: int, size: int) -> None:
        """So much is no longer held."""
        self.records, self.size = self.records - records, self.size - size
        limits = self.asked.kafka.consuming
        if self.records < limits.buffer_records and self.size < limits.buffer_bytes:
            self._room.set()

    async def assigned(self, partitions: set[TP]) -> None:
        """Let go of the lanes that are not ours any more, and make those that are."""
        self.rebalances += 1
        numbers = {tp.partition for tp in partitions}
        log.info("partitions: %s", ", ".join(map(str, sorted(numbers))) or "none")
        gone = [self.lanes.pop(number) for number in sorted(self.lanes.keys() - numbers)]
        await asyncio.gather(*(lane.close() for lane in gone))
        for number in sorted(numbers - self.lanes.keys()):
            self.lanes[number] = Lane(number, self)

    async def starts(self, partitions: set[TP], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
        """Return the journal's offsets, or the beginning; make lanes ready to take from there."""
        books = cast(BulkConsumer, self.books)
        ends = await books.highwaters(*partitions) if partitions else {}
        own = await asyncio.to_thread(self._own, partitions)
        lost = {tp for tp, offset in own.items() if earliest[tp] > offset and self._refused(tp, offset, earliest[tp])}
        for tp, offset in own.items():
            books.settle(tp, offset)
        starts = {tp: max(own.get(tp, self.asked.begin.get(tp, 0)), earliest[tp]) for tp in partitions}
        for tp, offset in starts.items():
            self._ends.setdefault(tp, ends[tp])
            if tp.partition in self.lanes and tp not in lost:
                self.lanes[tp.partition].start(tp.topic, offset, ends[tp])
        return starts

    async def rest(self) -> None:
        """Finish what is at work and let go of the rest."""
        most = LAST_RECORDS // max(1, len(self.lanes))
        await asyncio.gather(*(lane.hold(most) for lane in self.lanes.values()))

    async def close(self) -> None:
        """Keep the states for the next time."""
        await asyncio.gather(*(lane.close() for lane in self.lanes.values()))

    async def part(self, app: App) -> None:
        """Take leave of Kafka: commit offsets, leave the group, close links; the group misses us by itself where that takes too long."""
        leaving = asyncio.gather(app.stop(), self._dead.close(), return_exceptions=True)
        await asyncio.wait([leaving], timeout=PART_S)
        for problem in leaving.result() if leaving.done() else []:
            if problem is not None:
                log.warning("taking leave of Kafka: %r", problem)
        if not leaving.done():
            log.warning("Kafka does not answer our farewell; the group goes on without us after %g s", self.asked.kafka.consuming.session_s)

    def undertake(self, chunks: list[Chunk], absorbed: Absorbed) -> None:
        """Send dead letters to their topic and wait until the broker has them. Runs in a thread."""
        if self.asked.tell_dead:
            self._dead.send(chunks, absorbed.tables["dead_letters"])

    def note(self, lane: Lane, absorbed: Absorbed | None, seconds: float) -> None:
        """Count what a commit did."""
        if absorbed is None:
            return
        self.commits, self.commit_s = self.commits + 1, self.commit_s + seconds
        for name, count in absorbed.counters.items():
            self.counters[name] = self.counters.get(name, 0) + count
        self._warn_of_misplaced(absorbed.counters.get("misplaced", 0))
        log.debug("partition %d: %d events in %.2f s", lane.number, absorbed.counters["read"], seconds)

    def _warn_of_misplaced(self, count: int) -> None:
        """Say, now and then, that events come where their customer's other events may not be."""
        now = time.monotonic()
        if count and now - self._warned_at >= WARN_S:
            self._warned_at = now
            log.warning(
                "%d events so far came under another key than their customer's, or in another partition than murmur2 of the key: such a customer's "
                "journeys may be torn; sojourn produce keys as it should be",
                self.counters["misplaced"],
            )

    def fail(self, error: BaseException) -> None:
        """Remember why this worker must end, and end it."""
        if self.failed is None:
            self.failed = error
            log.error("ending: %s", error, exc_info=None if isinstance(error, SojournError) else error)
        self.stopping.set()

    def refuse(self, holder: Side) -> None:
        """End, for the group belongs to another DIR."""
        group = self.asked.kafka.consuming.group
        self.fail(SettingError(f"group {group} reads into another DIR, {holder.dir}; workers on {self.asked.to} need a KAFKA_GROUP_ID of their own"))

    def drained(self) -> bool:
        """Whether all is in the journal that was there at the start."""
        if not self.rebalances or (self.books is not None and self.books.app.rebalancing):
            return False
        return all(not lane.busy and lane.ready and lane.reached and self._at_end(lane) for lane in self.lanes.values())

    def _at_end(self, lane: Lane) -> bool:
        return all(hi >= self._ends.get(TP(topic, lane.number), 0) for topic, hi in lane.reached.items())

    def stuck(self) -> bool:
        """Whether records wait and nothing is committed."""
        now = time.monotonic()
        return any(lane.records and lane.ready and now - lane.committed_at > STUCK_S for lane in self.lanes.values())

    def _own(self, partitions: set[TP]) -> dict[TP, int]:
        found: dict[TP, int] = {}
        for number in {tp.partition for tp in partitions}:
            names = {f"{tp.topic}:{number}": tp for tp in partitions if tp.partition == number}
            found |= {names[name]: hi for name, hi in reached_in(self.journal, number, list(names)).items()}
        return found

    async def _lost(self, tp: TP, expected: int) -> bool:
        """Offsets that are passed over are no loss where compaction or a transaction took them; where their time ran out, they are."""
        earliest = await cast(BulkConsumer, self.books).earliest_offsets(tp)
        return earliest[tp] > expected and self._refused(tp, expected, earliest[tp])

    def _refused(self, tp: TP, offset: int, earliest: int) -> bool:
        """Say that records are gone; return whether that ends the worker."""
        text = f"{tp.topic}:{tp.partition}: {earliest - offset:,} records from offset {offset:,} are gone from Kafka and were never read"
        if not self.asked.accept_gap:
            self.fail(SourceError(f"{text}; --accept-gap goes on behind them"))
            return True
        log.warning("%s; going on behind them, as asked", text)
        return False


def _journal(to: Path, partitions: int) -> Journal:
    """Open DIR, or make it; another worker may be making it at this moment.

    Raises:
        JournalError: it is none of ours, or has another number of partitions.
    """
    for _ in range(10):
        try:
            return Journal(to, partitions, shared=True)
        except JournalError:
            if (to / "format").exists():
                break
            time.sleep(0.1)
    return Journal(to, partitions, shared=True)


async def work(asked: WorkerSettings, report: Callable[[Worker], None] = lambda worker: None) -> Worker:
    """Read until told to end, or, with ``until_end``, until all is read.

    Raises:
        SojournError: it can't go on; nothing that was committed is lost, and the next start resumes.
    """
    warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)  # where it is silenced, that is not safe between threads
    keep_freed()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=SLOTS + 6, thread_name_prefix="work"))
    worker = Worker(asked)

    def refused(holder: Side) -> None:
        loop.call_soon_threadsafe(worker.refuse, holder)

    app = build_app(asked.kafka, worker, Sharing(side_of(asked.to), refused))
    worker.consumer = cast(BulkConsumer, app.consumer)
    _heed(loop, worker.stopping)
    starting = asyncio.create_task(_start(app, worker))
    await _watch(app, worker, report)
    limit = _limit(worker)
    await worker.rest()
    worker.rested = True
    await worker.part(app)
    starting.cancel()
    await worker.close()
    if worker.failed is None:
        limit.cancel()  # whoever called has more to do
    if worker.failed is not None:
        raise worker.failed if isinstance(worker.failed, SojournError) else JournalError(f"the worker failed: {worker.failed!r}") from worker.failed
    return worker


async def _start(app: App, worker: Worker) -> None:
    try:
        await app.start()
    except asyncio.CancelledError:
        raise
    except Exception as error:
        worker.fail(error)


async def _watch(app: App, worker: Worker, report: Callable[[Worker], None]) -> None:
    """Return when there is a reason to end."""
    given_at = time.monotonic()
    while not worker.stopping.is_set():
        if time.monotonic() - given_at >= GIVE_S:
            await asyncio.to_thread(give_back)
            given_at = time.monotonic()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(worker.stopping.wait(), LOOK_S)
        report(worker)
        if app.crashed:
            worker.fail(app.crash_reason or SourceError("Faust ended without a word"))
        elif worker.stuck():
            worker.fail(JournalError(f"records are held and nothing was committed for {STUCK_S:g} s"))
        elif worker.asked.until_end and worker.drained():
            return


def _heed(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """SIGTERM and Ctrl-C end the worker in order; a second one at once, without a farewell: the journal needs none."""

    def stop() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def _limit(worker: Worker) -> threading.Timer:
    """End the process at the latest ``STOP_S`` from now: with 0 where the journal has all that was at work."""

    def end() -> None:
        os._exit(3 if worker.failed else 0 if worker.rested else 1)

    timer = threading.Timer(STOP_S, end)
    timer.daemon = True
    timer.start()
    return timer
