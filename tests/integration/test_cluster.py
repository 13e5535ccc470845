"""Three brokers: what was acknowledged outlives the leader."""

from __future__ import annotations

import gc
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from infra.kafka.broker import Cluster, running
from infra.kafka.jars import NoKafka
from jobs.kafka.settings import Settings, read_settings
from jobs.kafka.tools.produce import Producing, produce
from jobs.kafka.tools.topics import create_topics
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map

# kafka-python leaves the sockets of refused connections to the garbage collector, and here a broker is down
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning")
EVENTS = 12_000
PARTITIONS = 4


@pytest.fixture
def three() -> Iterator[Cluster]:
    """Three brokers of our own; only Apache Kafka can do this."""
    if os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or os.environ.get("SOJOURN_TEST_BROKER") == "substitute":
        pytest.skip("stops brokers, so it needs a cluster of Apache Kafka of its own")
    try:
        with running(3) as cluster:
            yield cluster
    except NoKafka as problem:
        pytest.skip(f"no cluster of Apache Kafka: {problem}")


def test_killing_the_leader_in_mid_stream_loses_and_doubles_nothing(three: Cluster, fresh: Callable[[str], str], tmp_path: Path) -> None:
    settings = read_settings({"KAFKA_BOOTSTRAP_SERVERS": three.bootstrap, "SOJOURN_TOPICS": fresh("touchpoints"), "SOJOURN_REPLICATION": "3"})
    create_topics(settings)
    topic = settings.topics.touchpoints[0]
    events = tmp_path / "events.jsonl"
    line = '{{"id": "e{0}", "source": "s", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "customer_id": "c{1}"}}\n'
    events.write_text("".join(line.format(number, number % 500) for number in range(EVENTS)))
    leader, killed = leader_of(settings, topic), threading.Event()

    def kill_in_mid_stream(acknowledged: int) -> None:
        if acknowledged > EVENTS // 4 and not killed.is_set():
            killed.set()
            three.kill(leader)

    done = produce([JsonLines(events)], settings, Producing(topic, default_map(), rate=4_000), done=kill_in_mid_stream)
    assert killed.is_set()
    assert (done.acknowledged, done.lost) == (EVENTS, 0)
    assert leader_of(settings, topic) != leader
    found = values(settings, topic)
    assert Counter(found) == Counter(events.read_bytes().splitlines())
    three.start([leader])
    assert len(three.pids) == 3
    gc.collect()  # while the mark above still holds


def leader_of(settings: Settings, topic: str) -> int:
    """Return the node that leads the topic's first partition."""
    client = KafkaAdminClient(bootstrap_servers=list(settings.connection.servers))
    try:
        (row,) = client.describe_topics([topic])
        return next(int(partition["leader_id"]) for partition in row["partitions"] if partition["partition_index"] == 0)
    finally:
        client.close()


def values(settings: Settings, topic: str) -> list[bytes]:
    """Return all values of a topic that are there now."""
    consumer = KafkaConsumer(bootstrap_servers=list(settings.connection.servers), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[bytes] = []
        while any(consumer.position(place) < ends[place] for place in places):
            found += [record.value for batch in consumer.poll(timeout_ms=1_000).values() for record in batch]
        return found
    finally:
        consumer.close()
