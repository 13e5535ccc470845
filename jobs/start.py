"""The program's first step: what runs as a service can be told to end from the first moment on, before engines and clients are loaded."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

SERVICES = ("worker", "mart")


def main() -> None:
    """Run ``sojourn``. A service that is told to end before it has begun ends well: nothing is open yet that wants a farewell."""
    if sys.argv[1:2] and sys.argv[1] in SERVICES:
        signal.signal(signal.SIGTERM, _end)
    from jobs.cli import main as command

    command()


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    main()
