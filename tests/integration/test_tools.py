"""The tools on a real broker: what is produced is there once, under the right keys, and the lag is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaConsumer, TopicPartition

from jobs.cli import main
from jobs.kafka.settings import Settings
from jobs.kafka.tools.offsets import standings
from jobs.kafka.tools.produce import Producing, produce
from jobs.sources.jsonl import JsonLines
from pipelines.decode import decode
from pipelines.record_key import partition_of
from pipelines.wire import unwrap
from schemas.journey_map import default_map

LINES = 600
PARTITIONS = 4


def line(number: int, **more: object) -> dict[str, object]:
    return {"id": f"e{number}", "source": "shop", "type": "page.viewed", "time": "2026-01-01T00:00:00Z", "customer_id": f"c{number % 50}", **more}


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    odd = [
        b"not json",
        b"not json",
        msgspec.json.encode(line(9001, customer_id=None, identifiers=["cookie:z", "phone:+7"])),
        msgspec.json.encode(line(9002, customer_id=None, type="op.queued", correlation_id="flow-1")),
    ]
    path.write_bytes(b"".join(one + b"\n" for one in [*(msgspec.json.encode(line(n)) for n in range(LINES)), *odd]))
    return path


def records(settings: Settings) -> list[object]:
    consumer = KafkaConsumer(bootstrap_servers=list(settings.connection.servers), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        consumer.assign([TopicPartition(settings.topics.touchpoints[0], number) for number in range(PARTITIONS)])
        found: list[object] = []
        while len(found) < LINES + 4:
            polled = consumer.poll(timeout_ms=10_000)
            assert polled, f"only {len(found)} records came"
            found += [record for batch in polled.values() for record in batch]
        return found
    finally:
        consumer.close()


@pytest.mark.parametrize("mode", ["plain", "structured", "binary"])
def test_every_mode_carries_the_same_events_under_the_same_keys(settings: Settings, events: Path, mode: str) -> None:
    done = produce([JsonLines(events)], settings, Producing(settings.topics.touchpoints[0], default_map(), mode))
    assert (done.acknowledged, done.keyless, done.lost) == (LINES + 4, 2, 0)
    found = records(settings)
    held = unwrap([record.value for record in found], [record.headers for record in found])
    decoded = decode(held.bodies, refused=held.refused)
    assert Counter(decoded.lines) == Counter(decode(events.read_bytes().splitlines()).lines)
    keyed = [record for record in found if record.key is not None]
    assert {record.key.decode() for record in keyed} == {*(f"c{n}" for n in range(50)), "phone:+7", "flow-1"}
    assert all(record.partition == partition_of(record.key, PARTITIONS) for record in keyed)
    assert len({record.partition for record in found if record.key is None}) == 1


def invoke(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, env=environment)


def test_lag_and_offsets_follow_what_is_produced_and_reset(broker: Any, environment: dict[str, str], settings: Settings, events: Path) -> None:
    if broker.kind == "substitute":
        pytest.skip("its latest offset is wrong")
    assert invoke(environment, "produce", str(events)).exit_code == 0
    assert sum(one.lag for one in standings(settings, ages=True)) == LINES + 4
    told = invoke(environment, "lag")
    assert f"{LINES + 4} records wait" in told.output, told.output
    assert "would be moved" in invoke(environment, "offsets", "reset", "--to", "latest").output
    assert sum(one.lag for one in standings(settings)) == LINES + 4
    assert invoke(environment, "offsets", "reset", "--to", "latest", "--execute").exit_code == 0
    assert "0 records wait" in invoke(environment, "lag").output
    for target, lag in (("2020-01-01T00:00:00Z", LINES + 4), ("99999", 0), ("earliest", LINES + 4), ("2100-01-01T00:00:00Z", 0), ("0", LINES + 4)):
        assert invoke(environment, "offsets", "reset", "--to", target, "--execute").exit_code == 0
        assert sum(one.lag for one in standings(settings)) == lag, target


def test_topics_are_made_and_checked_from_the_command_line(environment: dict[str, str]) -> None:
    assert invoke(environment, "topics", "check").exit_code == 1
    assert f"made {environment['SOJOURN_TOPICS']}" in invoke(environment, "topics", "create").output
    checked = invoke(environment, "topics", "check")
    assert checked.exit_code == 0, checked.output


def test_producing_into_a_topic_that_is_not_there_says_what_to_do(environment: dict[str, str], events: Path) -> None:
    told = invoke(environment, "produce", str(events))
    assert told.exit_code == 2
    assert "sojourn topics create" in told.output


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["offsets", "reset", "--to", "yesterday"], "an instant like"), (["lag"], "sojourn topics create")],
    ids=["target", "topic"],
)
def test_wrong_usage_says_what_is_allowed(environment: dict[str, str], arguments: list[str], word: str) -> None:
    told = invoke(environment, *arguments)
    assert told.exit_code == 2
    assert word in told.output
