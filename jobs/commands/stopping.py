"""How a run is asked to end: SIGTERM and Ctrl-C finish the batch, commit and publish; a second Ctrl-C ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from jobs.sources.source import Stopper


@contextmanager
def stoppable(doing: str = "finishing the batch", limit_s: float | None = None) -> Iterator[tuple[Stopper, list[int]]]:
    """Yield a stopper that signals reach, and the signals that came.

    Args:
        doing: A person is told that this is being done till the end.
        limit_s: So long after the first signal (seconds) the process ends with 0 wherever it stands; for services that lose nothing by it.
    """
    stopper, came, limits = Stopper(), list[int](), list[threading.Timer]()

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        stopper.stop()
        if limit_s is not None and not limits:
            limits.append(threading.Timer(limit_s, os._exit, (0,)))
            limits[0].daemon = True
            limits[0].start()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the journal needs no farewell: whatever ends the process, nothing is lost
        click.echo(f"\nsojourn: {doing}; Ctrl-C again leaves at once", err=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopper, came
    finally:
        for limit in limits:
            limit.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
