"""Workers on a real broker: whatever befalls them, every pure table equals the embedded run's, row for row."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaConsumer

from infra.kafka.broker import Cluster
from jobs.journal.log import Journal
from jobs.kafka.settings import Settings, read_settings
from jobs.kafka.tools.admin import admin
from jobs.kafka.tools.topics import create_topics
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.errors import JournalError
from schemas.journey_map import default_map
from tests.chaos.kills import compared, rows_of
from tests.integration.fleet import PATIENCE_S, Fleet

EVENTS = 20_000


@dataclass(frozen=True)
class Calm:
    """A simulated log, and what the embedded run makes of it."""

    events: Path
    rows: dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    folder = tmp_path_factory.mktemp("calm")
    events = simulate(EVENTS, 5, folder / "log").events_path
    run([JsonLines(events, False)], RunSettings(to=folder / "embedded", journey_map=default_map()))
    return Calm(events, rows_of(folder / "embedded"))


@pytest.fixture
def fleet(tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


def test_two_workers_and_a_mart_say_what_the_embedded_run_says(fleet: Fleet, calm: Calm) -> None:
    fleet.produce(calm.events)
    fleet.worker(), fleet.worker()
    fleet.until(lambda: fleet.read() == EVENTS)
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []
    with pytest.raises(JournalError, match="sojourn produce"):
        Journal(fleet.dir, 1)


def test_a_worker_that_is_killed_in_mid_stream_loses_and_doubles_nothing(fleet: Fleet, calm: Calm) -> None:
    fleet.produce(calm.events)
    first = fleet.worker()
    fleet.until(lambda: fleet.read() > 0)
    first.kill()
    first.wait()
    fleet.finish()
    assert fleet.read() == EVENTS
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_a_second_worker_takes_its_share_and_nothing_is_read_twice(fleet: Fleet, calm: Calm) -> None:
    fleet.worker()
    fleet.produce(calm.events, limit=EVENTS // 2)
    fleet.until(lambda: fleet.read() > 0)
    fleet.worker()
    fleet.produce(calm.events)  # the first half once more: copies
    fleet.until(lambda: fleet.read() == EVENTS + EVENTS // 2)
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_a_worker_that_slept_past_its_session_is_fenced_and_goes_on(fleet: Fleet, calm: Calm) -> None:
    fleet.produce(calm.events, limit=EVENTS // 2)
    sleeper = fleet.worker()
    fleet.until(lambda: fleet.read() == EVENTS // 2)
    sleeper.send_signal(signal.SIGSTOP)
    heir = fleet.worker()
    fleet.produce(calm.events)
    fleet.until(lambda: fleet.read() > EVENTS // 2)
    sleeper.send_signal(signal.SIGCONT)
    fleet.until(lambda: fleet.read() == EVENTS + EVENTS // 2)
    assert sleeper.poll() is None
    assert heir.poll() is None
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_a_worker_that_is_told_to_end_commits_and_leaves_within_seconds(fleet: Fleet, calm: Calm) -> None:
    worker = fleet.worker()
    fleet.produce(calm.events)
    fleet.until(lambda: fleet.read() > 0)
    begun = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0, fleet.said()
    assert time.monotonic() - begun < 10
    fleet.finish()
    assert fleet.read() == EVENTS
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_the_journal_leads_also_where_the_group_is_lost(fleet: Fleet, calm: Calm, fresh: Callable[[str], str]) -> None:
    fleet.produce(calm.events)
    fleet.finish()
    fleet.environment = {**fleet.environment, "KAFKA_GROUP_ID": fresh("another")}
    fleet.finish()
    assert fleet.read() == EVENTS


def test_cloudevents_in_binary_mode_say_the_same(fleet: Fleet, calm: Calm) -> None:
    fleet.produce(calm.events, mode="binary")
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_dead_letters_are_on_their_topic_as_they_came_before_the_journal_passes_them(fleet: Fleet, settings: Settings, tmp_path: Path) -> None:
    good = {"id": "1", "source": "s", "type": "web.visited", "time": "2025-01-01T00:00:00Z", "customer_id": "c"}
    lines = [json.dumps(good).encode(), b"no json at all", json.dumps({**good, "id": "2", "time": "yesterday"}).encode()]
    (tmp_path / "odd.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    fleet.produce(tmp_path / "odd.jsonl")
    fleet.finish()
    found = KafkaConsumer(
        settings.topics.dead_letters, bootstrap_servers=list(settings.connection.servers), auto_offset_reset="earliest", consumer_timeout_ms=5_000
    )
    letters = {record.value: {name: value.decode() for name, value in record.headers} for record in found}
    found.close()
    assert {value: headers["__streams.errors.exception"] for value, headers in letters.items()} == {lines[1]: "not_json", lines[2]: "schema"}
    assert {headers["__streams.errors.topic"] for headers in letters.values()} == {settings.topics.touchpoints[0]}
    assert len(rows_of(fleet.dir)["dead_letters"]) == 2


def test_a_journal_that_can_not_be_written_ends_the_worker_which_resumes_where_it_was(fleet: Fleet, calm: Calm) -> None:
    fleet.produce(calm.events, limit=EVENTS // 2)
    fleet.finish()
    folder = fleet.dir / "journal" / "steps"
    folder.rename(folder.with_name("away"))
    fleet.produce(calm.events)
    assert fleet.worker("--until-end").wait(PATIENCE_S) == 3
    assert "the journal can't be written" in fleet.said()
    folder.with_name("away").rename(folder)
    fleet.finish()
    assert fleet.read() == EVENTS + EVENTS // 2
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_a_broker_that_restarts_loses_nothing_and_ends_no_worker(fleet: Fleet, calm: Calm, apache: Cluster) -> None:
    worker = fleet.worker()
    fleet.produce(calm.events, limit=EVENTS // 2)
    fleet.until(lambda: fleet.read() > 0)
    apache.stop()
    time.sleep(2)
    apache.start()
    fleet.produce(calm.events)
    fleet.until(lambda: fleet.read() == EVENTS + EVENTS // 2)
    assert worker.poll() is None
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_a_topic_that_brokers_did_not_know_is_read_soon_after_they_do(fleet: Fleet, calm: Calm, settings: Settings, apache: Cluster) -> None:
    fleet.worker()
    fleet.until(lambda: "partitions: 0, 1, 2, 3" in fleet.said())
    with admin(settings.connection) as client:
        client.delete_topics(list(settings.topics.touchpoints))
    fleet.until(lambda: "partitions: none" in fleet.said())  # as the first worker gets of a broker that has just started
    create_topics(settings)
    fleet.produce(calm.events)
    fleet.until(lambda: fleet.read() == EVENTS)
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []


def test_partition_n_of_all_topics_is_one_workers(fleet: Fleet, calm: Calm, environment: dict[str, str]) -> None:
    first, second = environment["SOJOURN_TOPICS"], environment["SOJOURN_TOPICS"] + "-chat"
    both = {**environment, "SOJOURN_TOPICS": f"{second},{first}"}
    create_topics(read_settings(both))
    fleet.produce(calm.events, limit=EVENTS // 2)
    fleet.environment = both
    fleet.worker(), fleet.worker(), fleet.worker()
    fleet.until(lambda: fleet.read() == EVENTS // 2)
    fleet.produce(calm.events)
    fleet.until(lambda: fleet.read() == EVENTS + EVENTS // 2)
    fleet.finish()
    assert compared(calm.rows, rows_of(fleet.dir)) == []
