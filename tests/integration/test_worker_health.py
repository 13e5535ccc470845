"""What a worker says of itself, and what it says when records are gone."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition

from jobs.contents import Contents
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import admin
from jobs.kafka.tools.topics import create_topics
from tests.integration.fleet import PATIENCE_S, Fleet

LINES = [
    json.dumps({"id": str(n), "source": "s", "type": "web.visited", "time": f"2025-01-01T00:{n % 60:02}:00Z", "customer_id": f"c{n % 7}"})
    for n in range(500)
]


@pytest.fixture
def fleet(tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    (tmp_path / "events.jsonl").write_text("\n".join(LINES) + "\n")
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


def test_a_worker_becomes_ready_and_its_figures_balance(fleet: Fleet, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    fleet.environment = {**fleet.environment, "SOJOURN_WEB_PORT": str(port)}
    fleet.produce(tmp_path / "events.jsonl")
    fleet.worker()
    fleet.until(lambda: _got(port, "/readyz")[0] == 200)
    fleet.until(lambda: fleet.read() == len(LINES))
    time.sleep(0.3)
    assert _got(port, "/healthz") == (200, "alive\n")
    figures = dict(line.rsplit(" ", 1) for line in _got(port, "/metrics")[1].splitlines() if not line.startswith("#"))
    assert float(figures['sojourn_events_total{what="read"}']) == len(LINES)
    assert float(figures['sojourn_events_total{what="misplaced"}']) == 0
    assert {float(value) for name, value in figures.items() if name.startswith("sojourn_lag_records")} == {0.0}
    assert {float(value) for name, value in figures.items() if name.startswith("sojourn_lag_seconds")} == {0.0}
    assert float(figures["sojourn_commits_total"]) > 0
    assert float(figures["sojourn_commit_seconds_total"]) > 0
    assert _got(port, "/table")[0] == 404


def test_an_idle_live_worker_moves_time_on(fleet: Fleet, tmp_path: Path) -> None:
    fleet.environment = {**fleet.environment, "SOJOURN_TICK_S": "0.2"}
    fleet.produce(tmp_path / "events.jsonl")
    fleet.worker("--ticks")
    an_hour_ago = (time.time() - 3_600) * 1e6
    fleet.until(lambda: fleet.read() == len(LINES) and (Contents.of(fleet.dir).as_of_us or 0) > an_hour_ago - 86_400e6)


def test_records_that_are_gone_unread_end_the_worker_unless_a_gap_is_accepted(fleet: Fleet, settings: Settings, tmp_path: Path) -> None:
    fleet.produce(tmp_path / "events.jsonl")
    fleet.finish()
    fleet.produce(tmp_path / "events.jsonl")
    with admin(settings.connection) as client:
        topic = settings.topics.touchpoints[0]
        client.delete_records({TopicPartition(topic, number): -1 for number in range(4)})
    assert fleet.worker("--until-end").wait(PATIENCE_S) == 3
    assert "--accept-gap" in fleet.said()
    assert fleet.worker("--until-end", "--accept-gap").wait(PATIENCE_S) == 0, fleet.said()
    assert fleet.read() == len(LINES)


def test_a_topic_that_was_made_anew_is_not_taken_for_the_one_that_was_read(fleet: Fleet, settings: Settings, tmp_path: Path) -> None:
    fleet.produce(tmp_path / "events.jsonl")
    fleet.finish()
    with admin(settings.connection) as client:
        client.delete_topics([settings.topics.touchpoints[0]])
        fleet.until(lambda: settings.topics.touchpoints[0] not in client.list_topics())
    create_topics(settings)
    (tmp_path / "few.jsonl").write_text("\n".join(LINES[:50]) + "\n")
    fleet.produce(tmp_path / "few.jsonl")
    assert fleet.worker().wait(PATIENCE_S) == 3
    assert "made anew" in fleet.said()


def _got(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
