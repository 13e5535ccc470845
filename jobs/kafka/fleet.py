"""Workers and a mart as processes of their own, as an operator would start them: started, watched, and ended in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from jobs.journal.log import Journal
from jobs.kafka.standing import Standing
from schemas.errors import SourceError

FAREWELL_S = 15.0
"""So long a process that was told to end may take (seconds): a worker needs 10 at most; after that it is killed."""
LAST_WORDS = 1_500


@dataclass
class Fleet:
    """Processes over one DIR; none outlives the block that the fleet is used in.

    Attributes:
        dir: The DIR.
        environment: Variables beside our own.
        logs: Folder of what they say, a file each.
    """

    dir: Path
    environment: Mapping[str, str]
    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __enter__(self) -> Fleet:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start ``sojourn`` with some words; the name is only for people."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program; in a session of its own, for Ctrl-C reaches us and we end it in order
                [sys.executable, "-m", "jobs.start", *words],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def watch(self) -> None:
        """Look whether all still run.

        Raises:
            SourceError: one has ended; its last words are in the message.
        """
        for name, process in self.running.items():
            if process.poll() is not None:
                raise SourceError(f"{name} ended with {process.returncode}: {self.said(name)}")

    def end(self) -> dict[str, int]:
        """Tell all to end, in order, wait, and return their exit codes."""
        due = time.monotonic() + FAREWELL_S
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        codes = {}
        for name, process in self.running.items():
            try:
                codes[name] = process.wait(max(0.1, due - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait()
        self.running.clear()
        return codes

    def finish(self, name: str, *words: str) -> None:
        """Run ``sojourn`` with some words to its end.

        Raises:
            SourceError: it failed; its last words are in the message.
        """
        process = self.start(name, *words)
        del self.running[name]
        try:
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
        if code:
            raise SourceError(f"{name} ended with {code}: {self.said(name)}")

    def said(self, name: str) -> str:
        """Return the last words of a process."""
        return (self.logs / f"{name}.log").read_text(errors="replace")[-LAST_WORDS:].strip()


@dataclass
class Follower:
    """Looks how far the journal of a DIR of workers has come; each record is read once."""

    journal: Journal
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        """Begin before the first record."""
        self.standing = Standing.of(self.journal.partitions)

    def look(self) -> Standing:
        """Read what is new."""
        for number, one in enumerate(self.standing.partitions):
            for commit in self.journal.commits(number, one.seq):
                self.standing.note(commit)
        return self.standing
