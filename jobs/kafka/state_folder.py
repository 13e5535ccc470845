"""The folder of a partition's cached state: one process at a time, on one machine."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from jobs.journal.durable import unique_name

PATIENCE_S = 3.0
"""How long the process that had the partition before may need to let go of its cache."""


@dataclass
class StateFolder:
    """A folder that nobody else uses.

    Attributes:
        path: Where the cache lies.
        lasting: Whether it is the partition's own one; else it goes when it is released.
    """

    path: Path
    lasting: bool
    _lock: int

    @classmethod
    def take(cls, base: Path, number: int) -> StateFolder:
        """Take the folder of a partition; a fresh one of its own where another process doesn't let go of it: the journal brings the state back."""
        base.mkdir(parents=True, exist_ok=True)
        lock = os.open(base / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o644)
        due = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < due:
                    time.sleep(0.05)
                    continue
                os.close(lock)
                return cls(base / f"{number}-{unique_name()}", lasting=False, _lock=-1)
            return cls(base / str(number), lasting=True, _lock=lock)

    def release(self) -> None:
        """Let go of it."""
        if self.lasting:
            os.close(self._lock)
        else:
            shutil.rmtree(self.path, ignore_errors=True)
