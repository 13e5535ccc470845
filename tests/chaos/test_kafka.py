"""Workers and a mart that are killed at any moment lose and double nothing (the short form of ``make chaos-kafka``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infra.kafka.broker import Cluster


def test_six_kills_and_a_restart_of_the_broker_change_no_pure_table(tmp_path: Path, weather: tuple[Cluster | None, str]) -> None:
    from tests.chaos.kafka import Plan, storm

    assert storm(tmp_path, Plan.of(50_000, 15, seed=3, kills=6, terms=2, restarts=1, away_s=1.0), *weather) == []
