"""A service that is told to end does so within ten seconds and with exit code 0, whenever it is told and whoever is away."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kafka.broker import Cluster
from jobs.kafka.settings import Settings
from jobs.simulate import simulate
from tests.integration.fleet import PATIENCE_S, Fleet

WITHIN_S = 10


@pytest.fixture
def fleet(tmp_path: Path, environment: dict[str, str], settings: Settings) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


def farewell(process: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """Tell it to end; return its exit code, and whether it took no longer than it may."""
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE_S), time.monotonic() - begun < WITHIN_S


def test_a_worker_ends_while_the_broker_is_away_and_nothing_is_lost(fleet: Fleet, apache: Cluster, tmp_path: Path) -> None:
    events = simulate(20_000, 5, tmp_path / "log-of").events_path
    worker, mart = fleet.worker(), fleet.mart()
    fleet.produce(events)
    fleet.until(lambda: fleet.read() > 0)
    apache.stop()
    try:
        assert [farewell(worker), farewell(mart)] == [(0, True), (0, True)], fleet.said()
    finally:
        apache.start()
    fleet.finish()
    assert fleet.read() == 20_000


def test_a_worker_that_waits_for_a_broker_ends_when_told(fleet: Fleet) -> None:
    fleet.environment = {**fleet.environment, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    worker = fleet.worker()
    fleet.until(lambda: "waiting for Kafka" in fleet.said())
    assert farewell(worker) == (0, True), fleet.said()


@pytest.mark.parametrize("words", [["worker"], ["mart"]], ids=lambda words: words[0])
@pytest.mark.parametrize("age_s", [0.2, 0.35, 0.5, 0.8, 1.2])
def test_a_service_that_has_hardly_begun_ends_when_told(fleet: Fleet, words: list[str], age_s: float) -> None:
    process = fleet._start(*words, "--to", str(fleet.dir))
    time.sleep(age_s)  # its age is what is tried
    assert farewell(process) == (0, True), fleet.said()


def test_the_first_step_of_a_service_heeds_sigterm_before_anything_is_loaded() -> None:
    program = "import sys, os, signal; sys.argv = ['sojourn', 'worker']; sys.modules['jobs.cli'] = None\nimport jobs.start\n"
    told = f"{program}try: jobs.start.main()\nexcept ImportError: os.kill(os.getpid(), signal.SIGTERM)\nos._exit(9)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
