"""The lock of a DIR: one run at a time; the second is told which process holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schemas.errors import JournalError


@contextmanager
def held(dir: Path) -> Iterator[None]:  # noqa: A002 - the design's word
    """Hold a DIR for the time of a block. The lock goes with the process, whatever ends it.

    Raises:
        JournalError: another process holds it.
    """
    dir.mkdir(parents=True, exist_ok=True)
    with (dir / "run.lock").open("a+") as file:
        if not _taken(file):
            file.seek(0)
            raise JournalError(f"{dir} is in use by process {file.read().strip() or 'unknown'}; wait for it, or stop it")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _taken(file: IO[str]) -> bool:
    """Take the lock. It is tried for a moment: who only asks for the state of a DIR holds it that long."""
    for pause in (*[0.05] * 10, None):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if pause is not None:
                time.sleep(pause)
    return False
