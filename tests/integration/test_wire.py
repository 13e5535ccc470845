"""What other producers put into the topics: frames, keys of their own, transactions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaProducer

from jobs.contents import Contents
from jobs.journal.log import Journal
from jobs.kafka.settings import Settings
from jobs.kafka.standing import Standing
from jobs.mart.open import open_mart
from pipelines.record_key import partition_of
from tests.integration.fleet import PATIENCE_S, Fleet


def event(number: int, **more: object) -> bytes:
    plain = {
        "id": str(number),
        "source": "shop",
        "type": "page.viewed",
        "time": f"2026-01-01T00:{number % 60:02}:00Z",
        "customer_id": f"c{number % 7}",
    }
    return json.dumps({**plain, **more}).encode()


def key(number: int) -> bytes:
    return f"c{number % 7}".encode()


@pytest.fixture
def fleet(tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


@pytest.fixture
def producer(settings: Settings) -> Iterator[KafkaProducer]:
    made = KafkaProducer(bootstrap_servers=list(settings.connection.servers))
    yield made
    made.close()


def test_behind_a_confluent_frame_json_is_read_and_an_unknown_schema_is_a_dead_letter(
    fleet: Fleet, settings: Settings, producer: KafkaProducer
) -> None:
    fleet.environment = {**fleet.environment, "SOJOURN_SCHEMA_IDS": "7"}
    topic = settings.topics.touchpoints[0]
    for number, schema in enumerate([7, 7, 8]):
        producer.send(topic, bytes([0, 0, 0, 0, schema]) + event(number), key=key(number))
    producer.send(topic, bytes([0, 0, 0, 0, 7]) + b"\x02avro, perhaps", key=key(9))
    producer.flush()
    fleet.finish()
    assert Contents.of(fleet.dir).counters["accepted"] == 2
    with open_mart(fleet.dir) as con:
        told = con.execute("select reason, detail from dead_letters order by detail").fetchall()
    assert [reason for reason, _ in told] == ["schema_unknown"] * 2
    assert "Avro" in told[0][1]
    assert "schema 8 is not one of touchpoints" in told[1][1]


def test_a_customer_on_two_partitions_is_noticed_and_told(fleet: Fleet, settings: Settings, producer: KafkaProducer) -> None:
    topic = settings.topics.touchpoints[0]
    for number in range(14):
        producer.send(topic, event(number), key=key(number), partition=partition_of(key(number), 4))
    producer.send(topic, event(20), key=key(20), partition=(partition_of(key(20), 4) + 1) % 4)  # by another partitioner
    producer.send(topic, event(21), key=b"order-5", partition=2)
    producer.flush()
    assert fleet.worker("--until-end").wait(PATIENCE_S) == 0
    assert "events so far came under another key" in fleet.said()
    fleet.finish()
    assert Contents.of(fleet.dir).counters["misplaced"] == 2
    assert "2 misplaced" in fleet.run("status", str(fleet.dir)).stdout
    with open_mart(fleet.dir) as con:
        assert con.execute("select n from quality where name = 'misplaced'").fetchall() == [(2,)]


def test_what_a_transaction_took_back_never_happened_and_its_marks_hold_nothing_back(broker: Any, fleet: Fleet, settings: Settings) -> None:
    if broker.kind == "substitute":
        pytest.skip("it has no transactions for aiokafka")
    asyncio.run(transact(settings))
    fleet.worker("--until-end"), fleet.worker()
    fleet.until(lambda: fleet.read() == 40 and Contents.of(fleet.dir).counters["accepted"] == 40)
    standing = Standing.of(4)
    fleet.until(lambda: fleet.running[0].poll() == 0)  # it has come to the end, though a mark is the last thing there
    for number in range(4):
        for commit in Journal(fleet.dir, None).commits(number):
            standing.note(commit)
    assert standing.drained
    fleet.finish()
    assert Contents.of(fleet.dir).counters["read"] == 40


async def transact(settings: Settings) -> None:
    """Send forty events in two transactions, and between them forty that are taken back."""
    producer = AIOKafkaProducer(bootstrap_servers=list(settings.connection.servers), transactional_id="shop")
    await producer.start()
    try:
        for begin, kept in ((0, True), (100, False), (20, True)):
            await producer.begin_transaction()
            for number in range(begin, begin + 20 if kept else begin + 40):
                await producer.send(settings.topics.touchpoints[0], event(number), key(number))
            await (producer.commit_transaction() if kept else producer.abort_transaction())
    finally:
        await producer.stop()


def test_a_worker_on_another_dir_under_the_same_group_is_refused(fleet: Fleet, settings: Settings, tmp_path: Path) -> None:
    first = fleet.worker()
    fleet.until(lambda: "partition 3: state of" in fleet.said())
    other = Fleet(tmp_path / "other", fleet.environment, tmp_path / "other.log")
    try:
        assert other.worker().wait(PATIENCE_S) == 2, other.said()
        assert f"reads into another DIR, {fleet.dir}" in other.said()
        assert first.poll() is None
    finally:
        other.end()
    fleet.finish()
