"""Workers and a mart as processes of their own, over one DIR, and what a test does to them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs.contents import Contents
from jobs.kafka.settings import read_settings
from jobs.kafka.tools.produce import Producing, produce
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map

PATIENCE_S = 90.0


@dataclass
class Fleet:
    """Processes over one DIR."""

    dir: Path
    environment: Mapping[str, str]
    log: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker that writes no ticks, so that what it says depends on the events alone."""
        return self._start("worker", "--to", str(self.dir), "--no-ticks", *options)

    def mart(self, *options: str) -> subprocess.Popen[bytes]:
        """Start the mart."""
        return self._start("mart", "--to", str(self.dir), *options)

    def produce(self, events: Path, *, mode: str = "plain", limit: int | None = None) -> None:
        """Put the events of a file into the topic."""
        settings = read_settings(self.environment)
        made = produce([JsonLines(events, False)], settings, Producing(settings.topics.touchpoints[0], default_map(), mode=mode, limit=limit))
        assert made.lost == 0

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        command = [sys.executable, "-m", "jobs.start", *words]
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def finish(self) -> None:
        """Read what is still unread, and publish."""
        assert self.worker("--until-end").wait(PATIENCE_S) == 0, self.said()
        assert self.mart("--once").wait(PATIENCE_S) == 0, self.said()

    def read(self) -> int:
        """Return how many events the journal has read."""
        return Contents.of(self.dir).counters["read"] if (self.dir / "format").exists() else 0

    def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to be so."""
        due = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < due, self.said()
            assert all(process.poll() in (None, 0, -9) for process in self.running), self.said()
            time.sleep(0.02)

    def said(self) -> str:
        """Return the last words of all processes."""
        return self.log.read_text(errors="replace")[-3000:]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "jobs.start", *words], env={**os.environ, **self.environment}, stdout=log, stderr=log)
        self.running.append(process)
        return process
