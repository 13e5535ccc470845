"""What topics hold, read once more: from the beginning it says the same, from later on less, and workers go on where it ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka import KafkaConsumer, TopicPartition

from jobs.check import check_all
from jobs.check.compare import compare
from jobs.cli import main
from jobs.contents import Contents
from jobs.kafka.settings import Settings
from jobs.kafka.tools.admin import admin
from jobs.simulate import simulate
from tests.integration.fleet import Fleet

EVENTS = 6_000


@pytest.fixture
def fleet(broker: Any, tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    if broker.kind == "substitute":
        pytest.skip("its latest offset is wrong")
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    events = simulate(EVENTS, 5, tmp_path / "simulated").events_path
    with events.open("ab") as file:
        file.write(b"no json at all\n")
    fleet.produce(events)
    fleet.finish()
    yield fleet
    fleet.end()


def replay(fleet: Fleet, *words: object) -> str:
    done = fleet.run("replay", *map(str, words))
    assert done.returncode == 0, done.stderr
    return done.stdout


def different(one: Path, other: Path) -> list[str]:
    return [table.table for table in compare(one, other) if not table.equal]


def test_a_replay_from_the_beginning_says_the_same_and_workers_go_on_from_it(fleet: Fleet, settings: Settings, tmp_path: Path) -> None:
    replay(fleet, "--from", "earliest", "--to", tmp_path / "again")
    assert different(fleet.dir, tmp_path / "again") == []
    assert dead_letters(settings) == 1  # the replay sent none
    with admin(settings.connection) as client:
        assert [row for row in client.list_groups() if "-replay-" in str(row)] == []
    fleet.produce(tmp_path / "simulated" / "events.jsonl", limit=500)
    successor = Fleet(tmp_path / "again", fleet.environment, tmp_path / "log")
    successor.finish()
    assert successor.read() == EVENTS + 1 + 500
    assert [check.findings for check in check_all(tmp_path / "again") if check.findings] == []


def test_a_replay_from_an_offset_reads_what_lies_behind_it(fleet: Fleet, tmp_path: Path) -> None:
    replay(fleet, "--from", "1000", "--to", tmp_path / "later")
    ends = {name: held.hi for name, held in Contents.of(fleet.dir).sources.items()}
    assert Contents.of(tmp_path / "later").counters["read"] == sum(end - 1000 for end in ends.values())
    replay(fleet, "--from", "2999-01-01T00:00:00Z", "--to", tmp_path / "nothing")
    assert Contents.of(tmp_path / "nothing").counters["read"] == 0


def test_the_mart_of_workers_is_made_anew_from_their_journal(fleet: Fleet, tmp_path: Path) -> None:
    before = (fleet.dir / "serving" / "current.duckdb").resolve()
    replay(fleet, fleet.dir)
    assert (fleet.dir / "serving" / "current.duckdb").resolve() != before
    replay(fleet, fleet.dir, "--to", tmp_path / "other")
    assert different(fleet.dir, tmp_path / "other") == []


def test_a_wrong_start_is_refused(environment: dict[str, str], settings: Settings, tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["replay", "--from", "yesterday", "--to", str(tmp_path / "x")], env=environment)
    assert told.exit_code == 2
    assert "an instant like" in told.output


def dead_letters(settings: Settings) -> int:
    consumer = KafkaConsumer(bootstrap_servers=list(settings.connection.servers))
    try:
        return sum(consumer.end_offsets([TopicPartition(settings.topics.dead_letters, n) for n in range(4)]).values())
    finally:
        consumer.close()
