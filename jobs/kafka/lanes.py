"""Lanes: one a partition. A lane holds what came until a batch closes, commits it to the journal in a thread, and says how far Kafka may be told.

All methods run on the worker's loop; only the work on a batch runs in a thread, never two for one lane.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from faust.types import TP

from jobs.journal.log import Journal
from jobs.kafka.chunk import Chunk
from jobs.kafka.state_folder import StateFolder
from jobs.keeper import JUDGE_ROWS, Keeper
from jobs.sources.source import Size
from pipelines.judge.rule import Rule
from pipelines.partition import Absorbed, Batch
from pipelines.record_key import astray
from pipelines.wire import Headers, unwrap
from schemas.errors import FencedError, SojournError
from schemas.journal import SourceRange
from schemas.journey_map import JourneyMap

LAST_RECORDS = 20_000
"""What a worker holds when partitions are revoked is committed and judged first, up to about so many records; the next owner does the rest."""
JUDGE_S, BEHIND_S = 0.8, 3.0
"""So long (seconds) what was committed may wait to be judged together with what comes next; the longer while more waits to be read."""
log = logging.getLogger(__name__)


class Books(Protocol):
    """What a lane tells the consumer."""

    def settle(self, tp: TP, offset: int) -> None:
        """Everything below an offset is in the journal."""

    def read_again(self, tp: TP, offset: int) -> None:
        """Read from an offset on again."""


@dataclass(frozen=True)
class LaneSettings:
    """What all lanes share.

    Attributes:
        to: The DIR.
        cache: Folder of the local caches of the state; None = in DIR.
        batch_s: A batch closes after so long (seconds).
        tick_s: An idle partition says so often that time has passed (seconds); None = never.
        strict: Unknown fields are refused.
        rules: What is judged.
        schema_ids: Schemas behind Confluent frames that are touchpoints; None = any that is JSON.
    """

    to: Path
    journey_map: JourneyMap
    cache: Path | None = None
    batch_s: float = 0.5
    tick_s: float | None = 5.0
    strict: bool = False
    schema_ids: frozenset[int] | None = None
    rules: Sequence[Rule] = ()


class Crew(Protocol):
    """What a lane needs of those around it."""

    settings: LaneSettings
    journal: Journal
    slots: asyncio.Semaphore

    @property
    def books(self) -> Books | None:
        """The consumer's books; None before there is one."""

    def release(self, records: int, size: int) -> None:
        """So much is no longer held."""

    def undertake(self, chunk: list[Chunk], absorbed: Absorbed) -> None:
        """Send dead letters to their topic; returns when the broker has them. Runs in a thread."""

    def note(self, lane: Lane, absorbed: Absorbed | None, seconds: float) -> None:
        """A commit was made."""

    def fail(self, error: BaseException) -> None:
        """The worker can't go on."""


class Lane:
    """One partition number of all topics.

    Attributes:
        reached: Where the journal stands, by topic.
        expected: The offset that is to come next, by topic.
        ends: The end of each topic's partition as last seen.
        floor: Where reading of each topic began; nothing below it is asked for.
    """

    def __init__(self, number: int, crew: Crew) -> None:
        self.number, self._crew = number, crew
        self.keeper: Keeper | None = None
        self.reached: dict[str, int] = {}
        self.expected: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.floor: dict[str, int] = {}
        self.records = 0
        self.committed_at = time.monotonic()
        self._chunks: deque[Chunk] = deque()
        self._oldest = 0.0
        self._wake, self._busy = asyncio.Event(), asyncio.Lock()
        self._holding, self._stale = True, False
        self._gone = self._reading = False
        self._size = Size()
        self._folder: StateFolder | None = None
        self._newest_ms: int | None = None  # the record time of the last record that was committed: what is not fetched yet is younger
        self._ranges: dict[str, SourceRange] = {}
        self._ticked_at = self._unjudged_at = time.monotonic()
        self._task = asyncio.create_task(self._run(), name=f"partition {number}")

    @property
    def busy(self) -> bool:
        """Whether something is held or at work, or was not judged yet."""
        return bool(self.records) or self._busy.locked() or self._unjudged

    @property
    def waits_s(self) -> float:
        """How long the oldest record that the journal does not hold has waited (seconds since its record time); 0 where none is known of."""
        held = next((chunk for chunk in list(self._chunks) if len(chunk.times_ms)), None)
        oldest_ms = int(held.times_ms[0]) if held is not None else self._newest_ms if self._behind else None
        return max(0.0, time.time() - oldest_ms / 1000) if oldest_ms is not None and oldest_ms >= 0 else 0.0

    @property
    def _behind(self) -> bool:
        return any(self.ends.get(topic, 0) > reached for topic, reached in self.reached.items())

    @property
    def takes(self) -> bool:
        """Whether records are wanted; else they are let go of, and asked for again by ``start``."""
        return not self._holding

    @property
    def ready(self) -> bool:
        """Whether the state stands."""
        return self.keeper is not None and not self._holding

    @property
    def _unjudged(self) -> bool:
        """Whether intervals are still to follow from what was committed."""
        return self.keeper is not None and bool(self.keeper.partition.waiting)

    def start(self, topic: str, offset: int, end: int) -> None:
        """Begin to take records of a topic's partition at an offset; what was held of it is let go."""
        self._drop(topic)
        self.reached[topic] = self.expected[topic] = self.floor[topic] = offset
        self.ends[topic] = end
        self._holding, self._stale = False, True
        self._wake.set()

    def put(self, chunk: Chunk) -> None:
        """Hold a chunk; what came before is passed over. The caller has counted its size."""
        expected = self.expected.get(chunk.topic)
        fresh = None if self._holding or expected is None or chunk.next <= expected else chunk.behind(expected)
        if fresh is None:
            self._crew.release(len(chunk.values), chunk.size)
            return
        if fresh is not chunk:
            self._crew.release(len(chunk.values) - len(fresh.values), chunk.size - fresh.size)
        if not self.records:
            self._oldest = time.monotonic()
        if fresh.values:
            self._chunks.append(fresh)
            self.records += len(fresh.values)
        self.expected[fresh.topic], self.ends[fresh.topic] = fresh.next, max(fresh.end, self.ends.get(fresh.topic, 0))
        self._wake.set()

    async def hold(self, most: int = LAST_RECORDS) -> None:
        """Finish what is at work, commit what is held if that is no more, let go of the rest, and take no more until ``start``."""
        self._holding = True
        self._wake.set()
        if self.keeper is None or self._reading:  # the state is on its way here; nothing is at work
            self._drop()
            return
        async with self._busy:
            try:
                if self.keeper is not None and 0 < self.records <= most:
                    while self._chunks:
                        await self._commit()
                if self.keeper is not None and 0 < self.keeper.partition.waiting <= most:
                    await self._judge()
            except FencedError as error:
                log.warning("%s; its next owner goes on", error)
            except SojournError as error:
                self._crew.fail(error)
            self._drop()

    async def close(self) -> None:
        """End; the state is kept for the next time."""
        await self.hold(0)
        self._gone = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._reading:  # the thread that reads lets go of all when it is done, and nobody waits for it
            self.keeper = self._folder = None
        if self.keeper is not None:
            await asyncio.to_thread(self.keeper.close)
        self._forget()

    async def _run(self) -> None:
        try:
            while True:
                await self._due()
                async with self._crew.slots, self._busy:  # in this order: who waits for a slot has nothing at work
                    if self.keeper is None:
                        await self._open()
                    elif self._holding:
                        continue
                    elif self._stale:
                        await self._catch_up()  # others may have had the partition meanwhile
                    elif self.records or self._unjudged or self._passed_over() is not None:
                        await self._guarded()
                    else:
                        await self._tick()
        except Exception as error:  # whatever it is: this process can't answer for the partition any more
            self._crew.fail(error)

    async def _due(self) -> None:
        """Wait until there is something to do."""
        while self.keeper is not None:
            now, settings = time.monotonic(), self._crew.settings
            wait: float | None = None
            if self._holding:
                pass
            elif self._stale:
                return
            elif self.records:
                wait = 0.0 if self.records >= self._size.rows else self._oldest + settings.batch_s - now
            elif self._passed_over() is not None:
                wait = self.committed_at + settings.batch_s - now
            elif self._unjudged:
                wait = self._unjudged_at + JUDGE_S - now
            elif settings.tick_s is not None:
                wait = self._ticked_at + settings.tick_s - now
            if wait is not None and wait <= 0:
                return
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                return

    async def _open(self) -> None:
        """Bring the state here: from its cache, else from the journal."""
        settings = self._crew.settings
        begun = time.monotonic()

        def opened() -> Keeper:
            folder = StateFolder.take(settings.cache or settings.to / "state", self.number)
            keeper = Keeper.open(self._crew.journal, self.number, settings.journey_map, None, self._tell, folder=folder.path, rules=settings.rules)
            self._folder = folder
            if self._gone:  # revoked while it was on its way: nobody waits for it
                keeper.close()
                self._folder.release()
            return keeper

        self.keeper = await asyncio.to_thread(opened)
        self._align()
        log.info("partition %d: state of %s events in %.1f s", self.number, f"{self.keeper.partition.state.rows.size:,}", time.monotonic() - begun)
        if self.keeper.seq < 0 and self.reached and not self._holding:
            await self._introduce()

    async def _catch_up(self) -> None:
        """Read what others have committed meanwhile: from a few records to all there is."""
        keeper, folder = self._held(), self._folder

        def caught_up() -> None:
            keeper.catch_up()
            if self._gone:
                keeper.close()
                if folder is not None:
                    folder.release()

        self._reading, self._stale = True, False
        try:
            await asyncio.to_thread(caught_up)
        except Exception:
            self._reading = False
            raise
        self._reading = False  # not where this task was cancelled: the thread goes on
        if not (self._holding or self._stale):
            self._align()

    def _tell(self, text: str) -> None:
        log.debug("partition %d: %s", self.number, text)

    async def _introduce(self) -> None:
        """Tell the mart that this partition is here, and whether anything waits to be read, before its first batch is done."""
        keeper = self._held()
        here = {self._name(topic): self._range(topic, offset, offset) for topic, offset in self.reached.items()}
        try:
            await asyncio.to_thread(keeper.tick, None, here)
        except FencedError:
            await asyncio.to_thread(keeper.catch_up)
        self._align()

    def _align(self) -> None:
        """Go by what the journal says: whoever had the partition before may have committed more than we knew when we sought."""
        self._ranges, self._stale = dict(self._held().sources), False
        for topic, reached in self.reached.items():
            held = self._ranges.get(self._name(topic))
            if held is not None and held.hi > reached:
                self.reached[topic], self.expected[topic] = held.hi, max(held.hi, self.expected[topic])
                chunks, self._chunks = self._chunks, deque[Chunk]()
                for chunk in chunks:
                    rest = chunk.behind(held.hi) if chunk.topic == topic else chunk
                    if rest is not chunk:
                        self.records -= len(chunk.values) - len(rest.values)
                        self._crew.release(len(chunk.values) - len(rest.values), chunk.size - rest.size)
                    if len(rest.values):
                        self._chunks.append(rest)

    async def _guarded(self) -> None:
        """Commit a batch. Was the link lost, read the log again and go on: the partition may still be ours."""
        try:
            await (self._commit() if self.records else self._pass_over() if self._passed_over() is not None else self._judge())
        except FencedError as error:
            log.warning("%s; reading the log again", error)
            await self._open()
            self._drop()
            for topic in self.reached:
                self.expected[topic] = self.reached[topic]
                if self._crew.books:
                    self._crew.books.read_again(TP(topic, self.number), self.reached[topic])

    async def _commit(self) -> None:
        """Commit the next batch: the journal first, then the books that Kafka is told from."""
        keeper = self._held()
        chunks, begun = list(self._cut()), time.monotonic()
        topic, records = chunks[0].topic, sum(len(chunk.values) for chunk in chunks)
        name, lo, hi = self._name(topic), self.reached[topic], chunks[-1].next
        ranges = {**{other: _standing(held) for other, held in self._ranges.items()}, name: self._range(topic, lo, hi)}

        settings, partitions, lazily = self._crew.settings, self._crew.journal.partitions, not self._judges(records)

        def work() -> Absorbed:
            batch = batch_of(chunks, name, partitions, strict=settings.strict, schema_ids=settings.schema_ids)
            absorbed = keeper.partition.absorb(batch, judge=not lazily)
            if "dead_letters" in absorbed.tables:
                self._crew.undertake(chunks, absorbed)
            keeper.write(absorbed, ranges)
            return absorbed

        try:
            absorbed = await asyncio.to_thread(work)
        except BaseException:  # the state holds what the journal does not, and the batch is no longer held: neither may be gone on with
            self._forget()
            self._drop()
            raise
        finally:
            self._crew.release(records, sum(chunk.size for chunk in chunks))
        self._ranges, self.reached[topic], self._newest_ms = ranges, hi, int(chunks[-1].times_ms[-1])
        self.committed_at = self._ticked_at = time.monotonic()
        if records >= self._size.rows:
            self._size.grow()
        if self._crew.books:
            self._crew.books.settle(TP(topic, self.number), hi)
        self._crew.note(self, absorbed, time.monotonic() - begun)

    def _judges(self, records: int) -> bool:
        """Whether a batch of so many records is judged at once, with all that waits for it; else it waits for the next ones."""
        keeper, now = self._held(), time.monotonic()
        if not self._unjudged:
            self._unjudged_at = now
        patience = 0.0 if self._holding else BEHIND_S if self.records else JUDGE_S
        return now - self._unjudged_at >= patience or keeper.partition.waiting + records >= JUDGE_ROWS or keeper.seq < 0

    async def _judge(self) -> None:
        """Judge what was committed and waits for it, and commit what follows."""
        try:
            await asyncio.to_thread(self._held().judge)
        except BaseException:  # the state holds what the journal does not
            self._forget()
            self._drop()
            raise
        self.committed_at = self._ticked_at = time.monotonic()

    def _passed_over(self) -> str | None:
        """Return a topic of which nothing is held, and which holds nothing for us up to an offset that the journal does not know of."""
        held = {chunk.topic for chunk in self._chunks}
        return next((topic for topic, reached in self.reached.items() if self.expected[topic] > reached and topic not in held), None)

    async def _pass_over(self) -> None:
        """Commit that offsets were passed over which hold no records: else they would count as unread for ever, and hold time back."""
        keeper, topic = self._held(), self._passed_over()
        if topic is None:
            return
        name, hi = self._name(topic), self.expected[topic]
        ranges = {**{other: _standing(held) for other, held in self._ranges.items()}, name: self._range(topic, self.reached[topic], hi)}
        await asyncio.to_thread(keeper.tick, None, ranges)
        self._ranges, self.reached[topic] = ranges, hi
        self.committed_at = time.monotonic()
        if self._crew.books:
            self._crew.books.settle(TP(topic, self.number), hi)

    async def _tick(self) -> None:
        """Say that time has come to now − lateness, where all has been read and no event has said so."""
        self._ticked_at = time.monotonic()
        keeper, settings = self.keeper, self._crew.settings
        if settings.tick_s is None or keeper is None or keeper.latest_us is None or any(self.ends[topic] > hi for topic, hi in self.reached.items()):
            return
        instant = time.time_ns() // 1000 - settings.journey_map.lateness_us
        if instant > keeper.latest_us:
            try:
                await asyncio.to_thread(keeper.tick, instant, {name: _standing(held) for name, held in self._ranges.items()})
            except FencedError:
                await asyncio.to_thread(keeper.catch_up)  # a tick changes no state: what is held is still right
            self._crew.note(self, None, 0.0)

    def _cut(self) -> Iterator[Chunk]:
        """Take the next batch out of what is held: of one topic, about as many records as a batch should have."""
        topic, taken, size = self._chunks[0].topic, 0, 0
        while self._chunks and self._chunks[0].topic == topic and taken < self._size.rows and size < Size.MOST_BYTES:
            chunk = self._chunks.popleft()
            taken, size = taken + len(chunk.values), size + chunk.size
            yield chunk
        self.records -= taken
        self._oldest = time.monotonic()

    def _drop(self, topic: str | None = None) -> None:
        """Let go of what is held, of one topic or of all."""
        gone = [chunk for chunk in self._chunks if topic in (None, chunk.topic)]
        self._chunks = deque(chunk for chunk in self._chunks if topic not in (None, chunk.topic))
        for chunk in gone:
            self.records -= len(chunk.values)
            self._crew.release(len(chunk.values), chunk.size)

    def _forget(self) -> None:
        """Let go of the state; what the cache's files hold is not valid any more unless the keeper was closed."""
        self.keeper = None
        if self._folder is not None:
            self._folder.release()
            self._folder = None

    def _held(self) -> Keeper:
        """Return the keeper, where it must be there."""
        if self.keeper is None:
            raise RuntimeError(f"partition {self.number} has no state")
        return self.keeper

    def _name(self, topic: str) -> str:
        return f"{topic}:{self.number}"

    def _range(self, topic: str, lo: int, hi: int) -> SourceRange:
        held, end = self._ranges.get(self._name(topic)), max(self.ends.get(topic, 0), hi)
        return SourceRange(lo=lo, hi=hi, received_us=held.received_us if held else time.time_ns() // 1000, name=topic, size=end)


def batch_of(chunks: list[Chunk], feed: str, partitions: int, *, strict: bool = False, schema_ids: frozenset[int] | None = None) -> Batch:
    """Return chunks of one partition of one topic, which has so many partitions, as a batch."""
    offsets = np.concatenate([chunk.offsets for chunk in chunks])
    times = np.concatenate([chunk.times_ms for chunk in chunks]) * 1000
    if (times < 0).any():
        times = np.where(times < 0, time.time_ns() // 1000, times)
    first = int(offsets[0])
    values = [value for chunk in chunks for value in chunk.values]
    held = unwrap(values, headers_of(chunks), schema_ids)
    keys = [key for chunk in chunks for key in chunk.keys]
    return Batch(
        payloads=[value or b"" for value in values] if held.tombstones else values,  # type: ignore[arg-type] # else none is None
        feed=feed,
        received_us=times,
        offset=first if int(offsets[-1]) - first + 1 == len(offsets) else offsets,
        strict=strict,
        keys=keys,
        bodies=held.bodies,
        refused=held.refused,
        astray=astray(keys, chunks[0].partition, partitions),
    )


def headers_of(chunks: list[Chunk]) -> Sequence[Headers] | None:
    """Return the headers of each record of some chunks; None where none has any."""
    if all(chunk.headers is None for chunk in chunks):
        return None
    return [headers for chunk in chunks for headers in (chunk.headers if chunk.headers is not None else [()] * len(chunk.values))]


def reached_in(journal: Journal, partition: int, names: list[str]) -> dict[str, int]:
    """Return how far the journal has read some sources of a partition; those it never read are left out. Reads records from the last one back."""
    found: dict[str, int] = {}
    for commit in journal.latest(partition):
        found = {name: reached.hi for name, reached in commit.sources.items() if name in names} | found
        if len(found) == len(names):
            break
    return found


def _standing(held: SourceRange) -> SourceRange:
    """Return a range that says only where a source stands."""
    return SourceRange(lo=held.hi, hi=held.hi, received_us=held.received_us, name=held.name, size=max(held.size, held.hi))
