"""A job on our delivery: whole chunks, one after the other, to a function; it ends when so many events have come."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from faust.types import TP

from jobs.kafka.app import build_app
from jobs.kafka.chunk import Chunk
from jobs.kafka.settings import read_settings
from jobs.kafka.transport import BulkConsumer

Take = Callable[[list[Chunk]], None]
TOGETHER = 50_000


class Reader:
    """Gathers chunks and hands them on, about ``TOGETHER`` events at a time."""

    def __init__(self, wanted: int, take: Take) -> None:
        self._wanted, self._take, self.done = wanted, take, asyncio.Event()
        self._held, self._records, self._seen = list[Chunk](), 0, 0

    async def room(self, wait_s: float) -> bool:
        """There is always room: what comes is worked on at once."""
        return True

    async def assigned(self, partitions: set[TP]) -> None:
        """Nothing is kept a partition."""

    async def starts(self, partitions: set[TP], earliest: Mapping[TP, int]) -> Mapping[TP, int]:
        """Begin at the beginning."""
        return {tp: earliest[tp] for tp in partitions}

    async def rest(self) -> None:
        """Hand on what is held."""
        self._hand_on()

    async def put(self, chunk: Chunk) -> None:
        """Hold a chunk."""
        self._held.append(chunk)
        self._records += len(chunk.values)
        if self._records >= TOGETHER or self._seen + self._records >= self._wanted:
            self._hand_on()
        if self._seen >= self._wanted:
            self.done.set()

    def _hand_on(self) -> None:
        if self._held:
            self._take(self._held)
            self._seen, self._held, self._records = self._seen + self._records, [], 0


def read(wanted: int, take: Take) -> None:
    """Read the topic from its beginning until so many events have come."""

    async def work() -> None:
        settings = read_settings(os.environ)
        own = replace(settings, consuming=replace(settings.consuming, group=f"{settings.consuming.group}-{os.getpid()}"))
        reader = Reader(wanted, take)
        app = build_app(own, reader)
        assert isinstance(cast(BulkConsumer, app.consumer), BulkConsumer)
        starting = asyncio.create_task(app.start())
        await reader.done.wait()
        await app.stop()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)

    asyncio.run(work())
