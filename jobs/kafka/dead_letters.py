"""The topic of dead letters: each payload that broke the contract, as it came, with headers that say why and whence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from jobs.kafka.chunk import Chunk, Header
from jobs.kafka.link import BETWEEN_S, client_options, started
from jobs.kafka.settings import Settings
from schemas.errors import SourceError

SEND_S = 20.0
"""How long the broker may take (seconds) until the worker gives up, ends, and begins again at the journal's offset."""
PREFIX = "__streams.errors."
"""Of the context headers: the names of KIP-1034."""


@dataclass(frozen=True)
class Letter:
    """A record for the topic of dead letters."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None
    headers: list[Header]


class DeadLetterTopic:
    """Sends dead letters; ``send`` may be called from any thread but the loop's."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings, self._loop = settings, loop
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    def send(self, chunks: list[Chunk], dead: pa.Table) -> None:
        """Send the dead letters among the records of some chunks, and return when the broker has them all.

        Raises:
            SourceError: it doesn't take them.
        """
        letters = list(letters_of(chunks, dead))
        try:
            asyncio.run_coroutine_threadsafe(self._send(letters), self._loop).result(SEND_S + BETWEEN_S)
        except (KafkaError, TimeoutError) as error:
            raise SourceError(f"{len(letters)} dead letters can't be written to topic {self._settings.topics.dead_letters}: {error!r}") from error

    async def close(self) -> None:
        """Close the link."""
        if self._producer is not None:
            await self._producer.stop()

    async def _send(self, letters: list[Letter]) -> None:
        async with asyncio.timeout(SEND_S):
            producer = await self._connected()
            topic = self._settings.topics.dead_letters
            sent = [await producer.send(topic, letter.value, letter.key, None, letter.timestamp_ms, letter.headers) for letter in letters]
            await asyncio.gather(*sent)

    async def _connected(self) -> AIOKafkaProducer:
        """Return the producer; where brokers restart just now, connect again until the time of who waits is over."""
        async with self._starting:
            if self._producer is None:
                await started(self._connect, SEND_S)
        return cast(AIOKafkaProducer, self._producer)

    async def _connect(self) -> None:
        producer = AIOKafkaProducer(**client_options(self._settings.connection), acks="all", linger_ms=5)
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer


def letters_of(chunks: list[Chunk], dead: pa.Table) -> Iterator[Letter]:
    """Return a record for each dead letter: what came, untouched, and the reason beside it."""
    for row in dead.select(["place", "reason", "detail"]).to_pylist():
        chunk, place = _found(chunks, row["place"])
        time_ms = int(chunk.times_ms[place])
        yield Letter(chunk.keys[place], chunk.values[place], None if time_ms < 0 else time_ms, _headers(chunk, place, row))


def _found(chunks: list[Chunk], offset: int) -> tuple[Chunk, int]:
    """Return the chunk that holds an offset, and the place in it."""
    chunk = next(chunk for chunk in chunks if len(chunk.offsets) and chunk.offsets[0] <= offset <= chunk.offsets[-1])
    return chunk, int(np.searchsorted(chunk.offsets, offset))


def _headers(chunk: Chunk, place: int, row: dict[str, Any]) -> list[Header]:
    """Return the record's own headers, then the context; what is there already stays as it is."""
    own = list(chunk.headers[place]) if chunk.headers is not None else []
    said = {
        "exception": row["reason"],
        "message": row["detail"],
        "topic": chunk.topic,
        "partition": str(chunk.partition),
        "offset": str(row["place"]),
    }
    there = {name for name, _ in own}
    return own + [(PREFIX + name, (text or "").encode()) for name, text in said.items() if PREFIX + name not in there]
