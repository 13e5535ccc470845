"""A DIR that refuses writes for half a minute: services retry, end with a code that says so, and go on when it takes them again; nothing is lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.check import check_all
from jobs.check.compare import compare
from jobs.kafka.settings import Settings
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map
from tests.integration.fleet import Fleet

EVENTS = 20_000
FAILS_S = 30.0
BUDGET_S = 25.0
"""Within this a service has given up: some seconds of retries, and its start on a machine that is busy."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "none", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system that can be filled is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def full(disk: Path) -> Callable[[], None]:
    """Fill a disk to the last byte; return what empties it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
    return ballast.unlink


def read_only(disk: Path) -> Callable[[], None]:
    """Take away the permission to write; return what gives it back."""
    while subprocess.run(["mount", "-o", "remount,ro", str(disk)], capture_output=True, check=False).returncode:
        time.sleep(0.01)  # a file is just being written
    return lambda: subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True) and None


@pytest.fixture
def fleet(disk: Path, environment: dict[str, str], settings: Settings, tmp_path: Path) -> Iterator[Fleet]:
    fleet = Fleet(disk / "dir", environment, tmp_path / "log")
    yield fleet
    fleet.end()


@pytest.mark.parametrize("refuse", [full, read_only], ids=lambda refuse: refuse.__name__)
def test_a_disk_that_refuses_writes_for_half_a_minute_loses_nothing(
    fleet: Fleet, disk: Path, tmp_path: Path, refuse: Callable[[Path], Callable[[], None]]
) -> None:
    events = simulate(EVENTS, 5, tmp_path / "simulated").events_path
    run([JsonLines(events)], RunSettings(to=tmp_path / "calm", journey_map=default_map()))
    worker, mart = fleet.worker(), fleet.mart()
    fleet.produce(events, limit=EVENTS // 2)
    fleet.until(lambda: fleet.read() == EVENTS // 2)
    if refuse is read_only:  # what is open for writing keeps a disk from being made read-only: the mart's file, the cache of the state
        worker.terminate(), mart.terminate()
        assert [worker.wait(BUDGET_S), mart.wait(BUDGET_S)] == [0, 0]
    heal = refuse(disk)
    begun, codes = time.monotonic(), list[int]()
    fleet.produce(events)
    while time.monotonic() - begun < FAILS_S:  # as a supervisor would
        worker = worker if worker.poll() is None else fleet.worker()
        codes.append(worker.wait(BUDGET_S))
    assert set(codes) == {3}, fleet.said()
    assert "the next run goes on from the last commit" in fleet.log.read_text() or "Read-only" in fleet.log.read_text()
    heal()
    fleet.finish()
    assert [one.table for one in compare(fleet.dir, tmp_path / "calm") if not one.equal] == []
    assert fleet.read() == EVENTS + EVENTS // 2
    assert [check.findings for check in check_all(fleet.dir) if check.findings] == []
