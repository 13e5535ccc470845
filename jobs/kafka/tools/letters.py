"""Dead letters on Kafka: read from their topic with the headers they came with, and sent again, repaired, to the topic they came from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from jobs.kafka.dead_letters import PREFIX
from jobs.kafka.link import client_options
from jobs.kafka.settings import Settings
from jobs.kafka.tools.produce import FLUSH_S, count_partitions, producer_options
from jobs.letters.letter import Letter
from jobs.letters.repair import Verdict
from pipelines.lexicon import Lexicon
from pipelines.record_key import partition_of, record_keys
from pipelines.table import engine
from schemas.errors import SourceError
from schemas.journey_map import JourneyMap

POLL_MS, SILENCE_POLLS = 1_000, 15
"""A broker that says nothing for so many polls on end has stopped answering."""


def read_topic(settings: Settings, feeds: Collection[str]) -> list[Letter]:
    """Return the letters on the topic that came from some sources; one that was sent twice, for a worker was killed in between, counts once.

    Args:
        settings: How the cluster is reached, and the topic's name.
        feeds: Sources as the journal calls them: ``topic:partition``.

    Raises:
        SettingError, SourceError: as for `jobs.kafka.tools.admin.admin`.
    """
    topic = settings.topics.dead_letters
    places = [TopicPartition(topic, number) for number in range(count_partitions(settings, topic))]
    found: dict[tuple[str, int], Letter] = {}
    consumer = KafkaConsumer(**client_options(settings.connection), auto_offset_reset="earliest", enable_auto_commit=False, max_poll_records=5_000)
    try:
        consumer.assign(places)
        consumer.seek_to_beginning()
        ends, silent = consumer.end_offsets(places), 0
        while any(consumer.position(place) < ends[place] for place in places):
            batches = consumer.poll(timeout_ms=POLL_MS)
            silent = 0 if batches else silent + 1
            if silent >= SILENCE_POLLS:
                raise SourceError(f"Kafka at {settings.connection.bootstrap} stopped answering while topic {topic} was read")
            letters = [_letter(record) for records in batches.values() for record in records]
            found |= {(letter.feed, letter.place): letter for letter in letters if letter.feed in feeds}
    except KafkaError as error:
        raise SourceError(f"Kafka at {settings.connection.bootstrap} says: {error}") from error
    finally:
        consumer.close(autocommit=False)
    return sorted(found.values(), key=lambda letter: (letter.received_us, letter.feed, letter.place))


def _letter(record: Any) -> Letter:
    said = {name.removeprefix(PREFIX): value.decode("utf-8", "replace") for name, value in record.headers if name.startswith(PREFIX) and value}
    return Letter(
        reason=said.get("exception", ""),
        detail=said.get("message", ""),
        payload=record.value,
        feed=f"{said.get('topic', '')}:{said.get('partition', '')}",
        place=int(said.get("offset", "-1")),
        received_us=record.timestamp * 1000,
        headers=tuple((name, value) for name, value in record.headers if not name.startswith(PREFIX)),
    )


def send_again(
    settings: Settings, journey_map: JourneyMap, accepted: Sequence[Verdict], done: Callable[[int], None] = lambda count: None
) -> dict[str, int]:
    """Send repaired letters to the topics they came from, keyed by customer, and return how many went to each once all are acknowledged.

    Raises:
        SettingError: a topic isn't there.
        SourceError: the brokers did not take all of them; sending them again doubles nothing.
    """
    topics = {topic: count_partitions(settings, topic) for topic in sorted({verdict.letter.feed.rpartition(":")[0] for verdict in accepted})}
    keys = record_keys([verdict.body for verdict in accepted], Lexicon(journey_map), engine())
    sent, refused = dict.fromkeys(topics, 0), list[str]()
    producer = KafkaProducer(**producer_options(settings))
    try:
        for count, (verdict, key) in enumerate(zip(accepted, keys, strict=True), 1):
            topic, name = verdict.letter.feed.rpartition(":")[0], (key or "").encode()
            letter = verdict.letter
            future = producer.send(topic, letter.payload, key=name, headers=list(letter.headers), partition=partition_of(name, topics[topic]))
            future.add_errback(lambda error: refused.append(str(error)))
            sent[topic] += 1
            done(count)
        producer.flush(timeout=FLUSH_S)
    except KafkaError as error:
        raise SourceError(f"Kafka at {settings.connection.bootstrap} stopped taking records: {error}; sending all again doubles nothing") from error
    finally:
        producer.close(timeout=5)
    if refused:
        raise SourceError(f"{len(refused)} of {len(accepted)} were not stored: {refused[0]}; sending all again doubles nothing")
    return sent
