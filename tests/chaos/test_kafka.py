"""Workers and a mart that are killed at any moment lose and double nothing (the short form of ``make chaos-kafka``)."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("kafka", reason="the distributed form is not installed: pip install '.[kafka]'")

from infra.kafka.jars import NoKafka
from tests.chaos.kafka import Plan, brokers, storm


def test_six_kills_and_a_restart_of_the_broker_change_no_pure_table(tmp_path: Path) -> None:
    try:
        with brokers() as (cluster, bootstrap):
            assert storm(tmp_path, Plan.of(50_000, 15, seed=3, kills=6, terms=2, restarts=1, away_s=1.0), cluster, bootstrap) == []
    except NoKafka as problem:
        pytest.skip(f"no Kafka broker: {problem}")
