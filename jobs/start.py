"""The program's first step: what runs as a service can be told to end from the first moment on, before engines and clients are loaded.

Also, Python seldom looks for rings of objects that nothing else holds. A worker has a hundred thousand records at hand, each of a few objects,
while it works on others: to look through them again and again, and through all that libraries made at their start, took a seventh of its time.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import FrameType

SERVICES = ("worker", "mart")
YOUNG, OLDER, OLDEST = 100_000, 20, 20
"""Rings among new objects are looked for after so many, among those that lasted after so many such looks."""


def main() -> None:
    """Run ``sojourn``. A service that is told to end before it has begun ends well: nothing is open yet that wants a farewell."""
    service = bool(sys.argv[1:2]) and sys.argv[1] in SERVICES
    if service:
        signal.signal(signal.SIGTERM, _end)
    seldom_look()
    from jobs.cli import main as command

    try:
        command()
    except SystemExit as end:
        if service and end.code not in (0, None):
            from jobs.leave import leave

            leave(end.code if isinstance(end.code, int) else 1)
        raise


def seldom_look() -> None:
    """Let this process look seldom for rings of objects."""
    gc.set_threshold(YOUNG, OLDER, OLDEST)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    main()
