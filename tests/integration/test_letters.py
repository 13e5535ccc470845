"""Dead letters of workers, repaired and sent again into their topics with the headers they had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kafka import KafkaProducer

from jobs.check.compare import compare
from jobs.cli import main
from jobs.kafka.settings import Settings
from jobs.kafka.tools.produce import producer_options
from jobs.run import RunSettings, run
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map
from tests.integration.fleet import Fleet

EVENTS = [
    {"id": str(n), "source": "shop", "type": "page.viewed", "time": f"2026-01-01T00:{n % 60:02}:00Z", "customer_id": f"c{n % 7}", "channel": "web"}
    for n in range(300)
]


@pytest.fixture
def fleet(tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


def test_repaired_letters_make_the_mart_that_was_never_broken(
    broker: Any, fleet: Fleet, settings: Settings, environment: dict[str, str], tmp_path: Path
) -> None:
    if broker.kind == "substitute":
        pytest.skip("its latest offset is wrong")
    (tmp_path / "whole.jsonl").write_text("\n".join(map(json.dumps, EVENTS)) + "\n")
    run([JsonLines(tmp_path / "whole.jsonl")], RunSettings(to=tmp_path / "embedded", journey_map=default_map()))
    (tmp_path / "most.jsonl").write_text("\n".join(map(json.dumps, EVENTS[10:])) + "\n")
    fleet.produce(tmp_path / "most.jsonl")
    send_broken(settings)
    fleet.finish()
    assert [one.table for one in compare(fleet.dir, tmp_path / "embedded") if not one.equal] != []

    words = ["dead-letters", "replay", str(fleet.dir), "--edit", 'sed "s/chanel/channel/; s/,}/}/; s/moment/time/"']
    sent = CliRunner().invoke(main, words, env=environment)
    assert sent.exit_code == 0, sent.output
    assert f"10 readable now, 0 still refused; 10 events sent to {settings.topics.touchpoints[0]}" in sent.stdout
    fleet.finish()
    assert [one.table for one in compare(fleet.dir, tmp_path / "embedded") if not one.equal] == ["dead_letters"]
    assert fleet.read() == len(EVENTS) + 10


def send_broken(settings: Settings) -> None:
    """Send the first ten events broken: five as plain JSON, five as CloudEvents in binary mode, whose attributes are in headers."""
    producer = KafkaProducer(**producer_options(settings))
    for event in EVENTS[:5]:
        producer.send(settings.topics.touchpoints[0], json.dumps(event).replace('"time"', '"moment"').encode(), key=event["customer_id"].encode())
    for event in EVENTS[5:10]:
        context = {"specversion": "1.0", "id": event["id"], "source": event["source"], "type": event["type"], "time": event["time"]}
        body = json.dumps({"customer_id": event["customer_id"], "channel": event["channel"]})[:-1] + ",}"
        headers = [("content-type", b"application/json"), *((f"ce_{name}", value.encode()) for name, value in context.items())]
        producer.send(settings.topics.touchpoints[0], body.encode(), key=event["customer_id"].encode(), headers=headers)
    producer.flush()
    producer.close()
