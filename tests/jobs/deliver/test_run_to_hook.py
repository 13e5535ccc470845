"""From an event in a file that is followed to a receiver that checks signatures: a real run, real sockets, the wall clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.contents import Contents
from jobs.deliver.beside import beside
from jobs.deliver.routes import read_routes
from jobs.run import RunSettings, run
from jobs.sources.jsonl import JsonLines
from jobs.sources.source import Stopper
from schemas.journey_map import default_map
from tests.bench.signals import ENVIRONMENT, Ear, Said, cases, listening, reopened, resolved, routes, write

PATIENCE_S = 120.0
MANY = 1000


@contextmanager
def followed(folder: Path, ear: Ear, rate: str = "1000/s") -> Iterator[Path]:
    """Follow a file and deliver beside it; yield the file."""
    events, out, stopper = folder / "events.jsonl", folder / "out", Stopper()
    settings = RunSettings(to=out, journey_map=default_map(), follow=True)
    running = threading.Thread(target=lambda: run([JsonLines(events, True)], settings, stopper=stopper), name="run")
    with beside(out, read_routes(routes(folder, ear.port, rate), ENVIRONMENT), lambda text: None):
        running.start()
        try:
            yield events
        finally:
            stopper.stop()
            running.join()


def test_what_happens_while_a_run_follows_reaches_the_hook(tmp_path: Path) -> None:
    names = cases(3)
    write(tmp_path / "events.jsonl", resolved(names))
    with listening() as ear, followed(tmp_path, ear) as events:
        for name in names:
            write(events, [reopened(name)])
            ear.wait(name, PATIENCE_S)
    assert len(ear.received.accepted) == 3
    assert (ear.received.forged, ear.received.repeated) == (0, 0)


def test_a_receiver_that_holds_many_alerts_up_holds_up_no_reading_and_none_is_lost(tmp_path: Path) -> None:
    names, well = cases(MANY), threading.Event()
    write(tmp_path / "events.jsonl", resolved(names))
    with listening() as ear:
        ear.received.answer = lambda count: None if well.wait(PATIENCE_S) else (500, {})
        with followed(tmp_path, ear) as events:
            write(events, [reopened(name) for name in names])
            said = Said(tmp_path / "out")
            said.wait(names[-1], PATIENCE_S)
            for number in range(5):  # nothing has been accepted, and reading and saying go on
                write(events, [*resolved([f"later-{number}"]), reopened(f"later-{number}")])
                said.wait(f"later-{number}", PATIENCE_S)
            assert ear.received.accepted == {}
            read = Contents.of(tmp_path / "out").counters["read"]
            well.set()
            for name in names:
                ear.wait(name, PATIENCE_S)
            ear.wait("later-4", PATIENCE_S)
    assert read == 3 * (MANY + 5)
    assert len(ear.received.accepted) == MANY + 5
    assert (ear.received.forged, ear.received.repeated) == (0, 0)
