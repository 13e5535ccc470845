"""How a run is asked to end: SIGTERM and Ctrl-C finish the batch, commit and publish; a second Ctrl-C ends the process at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

from jobs.sources.source import Stopper


@contextmanager
def stoppable(doing: str = "finishing the batch") -> Iterator[tuple[Stopper, list[int]]]:
    """Yield a stopper that signals reach, and the signals that came; a person is told what is being done till the end."""
    stopper, came = Stopper(), list[int]()

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        stopper.stop()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the journal needs no farewell: whatever ends the process, nothing is lost
        click.echo(f"\nsojourn: {doing}; Ctrl-C again leaves at once", err=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopper, came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
