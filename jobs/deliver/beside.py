"""Delivery beside a run: a thread that reads the journal like a process of its own would. The run knows nothing of it and never waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jobs.deliver.loop import LOOK_S, Loop, delivering
from jobs.deliver.routes import Routes
from jobs.deliver.silences import silences_of


@contextmanager
def beside(dir: Path, routes: Routes | None, report: Callable[[str], None]) -> Iterator[None]:  # noqa: A002 - the design's word
    """Deliver the alerts of a DIR for the time of a block; without routes nothing is done.

    At the end, what can be sent at once is sent; the rest waits on the disk. A failure ends delivery and is told; the run goes on, and nothing that
    was said is lost.

    Args:
        dir: The DIR; the block may be what makes it.
        routes: Where alerts go.
        report: Told what a person should know, from another thread.

    Raises:
        DeliveryError: another process delivers for this DIR.
    """
    if routes is None:
        yield
        return
    with ExitStack() as held:
        if (dir / "format").exists():  # else nobody can hold it, and it is not ours to make
            held.enter_context(delivering(dir))
        end = threading.Event()
        thread = threading.Thread(target=_deliver, args=(dir, routes, report, end, held), name="deliver", daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()


def _deliver(dir: Path, routes: Routes, report: Callable[[str], None], end: threading.Event, held: ExitStack) -> None:  # noqa: A002
    """Turn until told to end."""
    fresh = not (dir / "format").exists()
    while not (dir / "format").exists():
        if end.wait(LOOK_S) and not (dir / "format").exists():
            return
    try:
        if fresh:
            held.enter_context(delivering(dir))
        loop = Loop(dir, routes.routes, routes.channels, silences_of(dir, report), report)
        while not end.is_set():
            loop.turn()
        if waiting := loop.finish():
            report(f"{waiting:,} message(s) wait to be sent; sojourn deliver --to {dir} --routes FILE goes on with them, and so does the next run")
    except Exception as error:
        report(f"delivery has stopped: {error}; what was said waits in the journal for sojourn deliver --to {dir} --routes FILE")
