"""Signals: events that must give an alert at once, and a receiver that tells when it came. Shared by benches and tests."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standardwebhooks import Webhook

from infra.receiver import Received, receiving
from jobs.deliver.tail import SaidTail
from schemas.errors import JournalError

SECRET = "whsec_" + "c2lnbmFs" * 4
ENVIRONMENT = {"HOOK_SECRET": SECRET}
RULE = "resolved_then_reopened"
LOOK_S = 0.005


@dataclass(frozen=True)
class Times:
    """When one signal was where (seconds after it was written)."""

    said_s: float
    hook_s: float


@dataclass
class Ear:
    """A receiver on this machine that checks signatures and notes when the alert of a case came (seconds of the monotonic clock)."""

    received: Received = field(default_factory=lambda: Received(Webhook(SECRET)))
    came: dict[str, float] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0

    def hear(self, event: dict[str, object]) -> None:
        """Note an alert."""
        with self.news:
            self.came.setdefault(str(event.get("subject")), time.monotonic())
            self.news.notify_all()

    def wait(self, case: str, seconds: float) -> float:
        """Wait for the alert of a case, and return when it came. Raises TimeoutError."""
        with self.news:
            if not self.news.wait_for(lambda: f"case/{case}" in self.came, seconds):
                raise TimeoutError(f"no alert of {case} within {seconds:.0f} s")
            return self.came[f"case/{case}"]


@contextmanager
def listening() -> Iterator[Ear]:
    """Receive for the time of a block."""
    ear = Ear()
    with receiving(ear.received, show=ear.hear) as ear.port:
        yield ear


def routes(folder: Path, port: int, rate: str = "1000/s") -> Path:
    """Write a file of routes with one hook on this machine, and return it."""
    path = folder / "routes.toml"
    path.write_text(
        f'[routes.desk]\nkind = "webhook"\nurl = "http://127.0.0.1:{port}/"\nsecrets = ["env:HOOK_SECRET"]\n'
        f'allow = ["127.0.0.0/8"]\nrate = "{rate}"\nrules = ["{RULE}"]\n'
    )
    return path


def cases(count: int, name: str = "case") -> list[str]:
    """Return the names of so many cases."""
    return [f"{name}-{number:05}" for number in range(count)]


def resolved(names: Sequence[str], now: datetime | None = None) -> list[str]:
    """Return lines that open and resolve cases, an hour and more before now."""
    at = (now or datetime.now(UTC)) - timedelta(hours=2)
    rows = [("case.opened", timedelta()), ("case.resolved", timedelta(minutes=30))]
    return [line(name, kind, at + later) for name in names for kind, later in rows]


def reopened(name: str, now: datetime | None = None) -> str:
    """Return the line that opens a case again: an alert follows from it."""
    return line(name, "case.reopened", now or datetime.now(UTC))


def line(name: str, kind: str, at: datetime) -> str:
    """Return one event as a line."""
    event = {"id": f"{name}/{kind}", "source": "crm", "type": kind, "time": at.isoformat(), "customer_id": f"customer-of-{name}", "case_id": name}
    return json.dumps(event | {"channel": "phone"}) + "\n"


def write(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a file that is followed."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)


@dataclass
class Said:
    """What is said in a DIR, as its journal shows it from outside."""

    dir: Path
    cases: dict[str, float] = field(default_factory=dict)
    _tail: SaidTail | None = None
    _seq: int = -1

    def wait(self, case: str, seconds: float) -> float:
        """Wait until a case is said, and return when that was seen. Raises TimeoutError."""
        due = time.monotonic() + seconds
        while case not in self.cases:
            if time.monotonic() > due:
                raise TimeoutError(f"nothing was said about {case} within {seconds:.0f} s")
            self._look()
            time.sleep(LOOK_S)
        return self.cases[case]

    def _look(self) -> None:
        if self._tail is None:
            try:
                self._tail = SaidTail(self.dir)
            except JournalError:  # nobody has made it yet
                return
        for notices, reached in self._tail.after(self._seq):
            self._seq = reached[0]
            for notice in notices:
                self.cases.setdefault(notice.subject_id, time.monotonic())


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment with the secret of the hook."""
    return {**os.environ, **ENVIRONMENT, **more}
