"""One line on standard error that says how far long work has come; elsewhere than on a terminal rarely."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from jobs.show.words import number

EVERY_S = 0.1
EVERY_S_UNSEEN = 60.0
"""Where standard error is no terminal, so that a log of a long run says that it goes on (seconds)."""
_WIPE = "\r\x1b[2K"


class Progress:
    """The line. On a terminal it is written over again and again; elsewhere a new one is written each minute."""

    def __init__(self, unseen_s: float = EVERY_S_UNSEEN) -> None:
        self._shown = sys.stderr.isatty()
        self._every = EVERY_S if self._shown else unseen_s
        self._next = 0.0 if self._shown else time.monotonic() + unseen_s
        self._begun = time.monotonic()
        self._of = ""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown:
            self._write(_WIPE)

    def events(self, title: str, count: int) -> None:
        """Say what is being done, and how many events of it are done."""
        now = time.monotonic()
        if title != self._of:
            self._of, self._begun = title, now
            self._next = 0.0 if self._shown else self._next
        if now >= self._next:
            self._next = now + self._every
            pace = f"  {number(count / (now - self._begun))} a second" if count and now - self._begun > 1 else ""
            done = f"  {number(count)} events" if count else ""
            self._write(f"{_WIPE}{title}{done}{pace}" if self._shown else f"sojourn: {title}{done}{pace}\n")

    def say(self, text: str) -> None:
        """Say something that stays, above the line."""
        self._write(f"{_WIPE}{text}\n" if self._shown else f"{text}\n")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
