"""Produce: touchpoints of files into a topic, each under the key that brings a customer's events together.

Every record is acknowledged by all replicas in sync, and the producer is idempotent: a retry doubles nothing. What two runs send falls out as copies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import md5
from typing import Any

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from jobs.kafka.link import client_options
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import admin
from jobs.sources.source import Payloads, Size, Source, Stopper
from pipelines.decode import decode
from pipelines.lexicon import Lexicon
from pipelines.record_key import partition_of, record_keys
from pipelines.table import engine
from schemas.cloudevents import to_binary, to_structured
from schemas.errors import SettingError, SourceError
from schemas.journey_map import JourneyMap
from schemas.touchpoint import MAX_BYTES

MODES = ("plain", "structured", "binary")
STRUCTURED_TYPE = b"application/cloudevents+json"
BLOCK = 5_000
FLUSH_S = 60.0
Header = tuple[str, bytes]
Done = Callable[[int], None]


@dataclass(frozen=True)
class Producing:
    """What is produced, and how.

    Attributes:
        topic: One of the topics of touchpoints.
        mode: plain = the bytes as they are; structured or binary = as CloudEvents; what breaks the contract always goes as it is.
        rate: Records a second at most; None = as fast as brokers take them.
        limit: Records at most.
    """

    topic: str
    journey_map: JourneyMap
    mode: str = "plain"
    rate: float | None = None
    limit: int | None = None


@dataclass
class Produced:
    """What became of the records.

    Attributes:
        acknowledged: Stored by all replicas in sync.
        keyless: Of these, what breaks the contract: it has no customer to be keyed by.
        too_large: The topic's limit refused them: they were not stored.
        refused: First error → how many records weren't stored for it.
    """

    acknowledged: int = 0
    keyless: int = 0
    too_large: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Records that were not stored."""
        return self.too_large + sum(self.refused.values())


def produce(
    sources: Sequence[Source], settings: Settings, how: Producing, stopper: Stopper | None = None, done: Done = lambda count: None
) -> Produced:
    """Send what sources hold, in their order, and wait until all of it is acknowledged.

    Args:
        sources: Files, standard input, or another DIR.
        settings: How the cluster is reached.
        how: Into which topic, and in which form.
        stopper: Ends the reading; what was read is still acknowledged.
        done: Called with the number of records acknowledged so far.

    Raises:
        SettingError: the topic isn't there, or the brokers refuse us.
        SourceError: no broker answers, or the brokers stopped answering.
    """
    partitions = count_partitions(settings, how.topic)
    try:
        sender = Sender(settings, how, partitions, done)
    except KafkaError as error:  # they answered a moment ago
        raise SourceError(f"Kafka at {settings.connection.bootstrap} stopped answering before the first record: {error}") from error
    try:
        sender.send_all(_blocks(sources, stopper or Stopper(), how.limit))
        sender.flush()
    except KafkaError as error:
        raise SourceError(
            f"Kafka at {settings.connection.bootstrap} stopped taking records after {sender.produced.acknowledged:,}: {error}"
        ) from error
    finally:
        sender.close()
    return sender.produced


class Sender:
    """Sends blocks of payloads and counts what becomes of them."""

    def __init__(self, settings: Settings, how: Producing, partitions: int, done: Done) -> None:
        self.produced, self._how, self._done = Produced(), how, done
        self._lexicon, self._con = Lexicon(how.journey_map), engine()
        self._producer = KafkaProducer(**producer_options(settings))
        self._partition = lru_cache(1 << 18)(lambda key: partition_of(key, partitions))

    def send_all(self, blocks: Iterable[list[bytes]]) -> None:
        """Send blocks, no faster than asked."""
        begun, sent = time.monotonic(), 0
        for block in blocks:
            for piece in _pieces(block, self._how.rate):
                if self._how.rate:
                    time.sleep(max(0.0, begun + sent / self._how.rate - time.monotonic()))
                self._send(piece)
                sent += len(piece)
                self._done(self.produced.acknowledged)

    def flush(self) -> None:
        """Wait until everything is acknowledged or refused."""
        self._producer.flush(timeout=FLUSH_S)
        self._done(self.produced.acknowledged)

    def close(self) -> None:
        """Let go of the brokers."""
        self._producer.close(timeout=5)

    def _send(self, payloads: list[bytes]) -> None:
        for payload, key, (value, headers) in zip(
            payloads, record_keys(payloads, self._lexicon, self._con), formed(payloads, self._how.mode), strict=True
        ):
            name = None if key is None else key.encode()
            # equal bytes without a key meet in one partition, so that a dead letter's copies do
            partition = self._partition(md5(payload, usedforsecurity=False).digest() if name is None else name)
            try:
                future = self._producer.send(self._how.topic, value=value, key=name, headers=headers, partition=partition)
            except MessageSizeTooLargeError:
                self.produced.too_large += 1
                continue
            self.produced.keyless += name is None
            future.add_callback(self._acknowledged)
            future.add_errback(self._refused)

    def _acknowledged(self, _: object) -> None:
        self.produced.acknowledged += 1

    def _refused(self, error: BaseException) -> None:
        if isinstance(error, MessageSizeTooLargeError):
            self.produced.too_large += 1
        else:
            self.produced.refused[str(error)] = self.produced.refused.get(str(error), 0) + 1


def count_partitions(settings: Settings, topic: str) -> int:
    """Return how many partitions a topic has.

    Raises:
        SettingError: the topic isn't there, or the brokers refuse us.
        SourceError: no broker answers.
    """
    with admin(settings.connection) as client:
        if topic not in client.list_topics():
            raise SettingError(f"there is no topic {topic!r} at {settings.connection.bootstrap}; make it with: sojourn topics create")
        return len(client.describe_topics([topic])[0]["partitions"])


def producer_options(settings: Settings) -> dict[str, Any]:
    """Return the options of a producer that loses and doubles nothing."""
    return client_options(settings.connection) | {
        "acks": "all",
        "enable_idempotence": True,
        "compression_type": "lz4",
        "linger_ms": 20,
        "batch_size": 256 << 10,
        "max_request_size": 4 * MAX_BYTES,
        "delivery_timeout_ms": 120_000,
    }


def formed(payloads: Sequence[bytes], mode: str) -> Iterator[tuple[bytes, list[Header]]]:
    """Yield each payload's value and headers in a mode.

    >>> next(formed([b'{"id":"1","source":"s","type":"t","time":"2026-01-01T00:00:00Z"}'], "binary"))[0]
    b'{}'
    """
    if mode == "plain":
        yield from ((payload, []) for payload in payloads)
        return
    decoded = decode(payloads)
    lines = dict(zip(decoded.places.tolist(), decoded.lines, strict=True))
    for place, payload in enumerate(payloads):
        yield _cloud_event(lines[place], mode) if place in lines else (payload, [])


def _cloud_event(line: bytes, mode: str) -> tuple[bytes, list[Header]]:
    touchpoint = msgspec.json.decode(line)
    if mode == "structured":
        return msgspec.json.encode(to_structured(touchpoint)), [("content-type", STRUCTURED_TYPE)]
    headers, body = to_binary(touchpoint)
    return msgspec.json.encode(body), [(name, value.encode()) for name, value in headers.items()]


def _blocks(sources: Sequence[Source], stopper: Stopper, limit: int | None) -> Iterator[list[bytes]]:
    left = limit
    for source in sources:
        for piece in source.read(0, Size(BLOCK), stopper):
            lines = _whole(piece)[:left]
            if lines:
                yield lines
            left = None if left is None else left - len(lines)
            if stopper.stopped or left == 0:
                return


def _whole(piece: Payloads) -> list[bytes]:
    return [line.rstrip(b"\r\n") for line in piece.lines]


def _pieces(block: list[bytes], rate: float | None) -> Iterator[list[bytes]]:
    """Cut a block so that a slow rate is even: a tenth of a second each."""
    size = BLOCK if rate is None else min(BLOCK, max(1, round(rate / 10)))
    yield from (block[at : at + size] for at in range(0, len(block), size))
