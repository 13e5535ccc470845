"""Whether many alerts at once hold up reading: `python -m tests.bench.flood --alerts 10000`.

A run follows a file and delivers beside it. Slices of events are added at even distances, and for each is told how long it took until it was
committed: first while nothing is to be delivered, then with all alerts at once among them. Every alert must be accepted, each once, and
no second may see more than the route's rate. Wall-clock seconds; receiver, run and delivery share this machine.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

from jobs.contents import Contents
from schemas.errors import JournalError
from tests.bench.signals import Ear, cases, environment, listening, reopened, resolved, routes, write

SLICE = 1000
SLICES = 30
EVERY_S = 0.5
PATIENCE_S = 600.0
_NUMBERS = count()


def main() -> int:
    """Measure and print; 1 where an alert was lost or doubled, or the rate was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=1000, help="messages a second that the route allows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name, listening() as ear:
        return flood(Path(name), ear, options.alerts, options.rate)


def flood(folder: Path, ear: Ear, alerts: int, rate: int) -> int:
    """Run once."""
    events, out, names = folder / "events.jsonl", folder / "out", cases(alerts)
    write(events, resolved(names))
    command = [sys.executable, "-m", "jobs.start", "run", str(events), "--to", str(out), "--follow"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--routes", str(routes(folder, ear.port, f"{rate}/s"))], env=environment(), stdout=log, stderr=log)
    try:
        _read(out, 2 * alerts)
        calm = slices(events, out, 2 * alerts)
        begun = time.monotonic()
        write(events, [reopened(name) for name in names])
        busy = slices(events, out, 3 * alerts + SLICES * SLICE)
        for name in names:
            ear.wait(name, PATIENCE_S)
        took = time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    return page(ear, alerts, rate, took, calm, busy)


def slices(events: Path, out: Path, before: int) -> list[float]:
    """Add slices of events at even distances, and return how long each took until it was committed (seconds)."""
    written: list[float] = []
    writer = threading.Thread(target=_add, args=(events, written))
    writer.start()
    took = [_read(out, before + (place + 1) * SLICE) for place in range(SLICES)]
    writer.join()
    return [read - at for read, at in zip(took, written, strict=True)]


def _add(events: Path, written: list[float]) -> None:
    begun = time.monotonic()
    for place in range(SLICES):
        time.sleep(max(begun + place * EVERY_S - time.monotonic(), 0))
        now = datetime.now(UTC).isoformat()
        written.append(time.monotonic())
        write(events, [_view(next(_NUMBERS), now) for _ in range(SLICE)])


def _view(number: int, now: str) -> str:
    event = {
        "id": f"view-{number}",
        "source": "site",
        "type": "page.viewed",
        "time": now,
        "customer_id": f"visitor-{number % 5000}",
        "channel": "web",
    }
    return json.dumps(event) + "\n"


def _read(out: Path, events: int) -> float:
    """Wait until so many events are committed, and return when that was seen."""
    due = time.monotonic() + PATIENCE_S
    while time.monotonic() < due:
        try:
            if Contents.of(out).counters.get("read", 0) >= events:
                return time.monotonic()
        except JournalError:
            pass  # nobody has made it yet
        time.sleep(0.02)
    raise TimeoutError(f"{events:,} events were not read within {PATIENCE_S:.0f} s")


def page(ear: Ear, alerts: int, rate: int, took: float, calm: list[float], busy: list[float]) -> int:
    """Print what was measured, and return 1 where something is wrong."""
    busiest = max(Counter(int(at) for at in ear.came.values()).values())
    accepted, repeated, forged = len(ear.received.accepted), ear.received.repeated, ear.received.forged
    print(f"{alerts:,} alerts at once: {accepted:,} accepted in {took:.1f} s, {repeated} repeated, {forged} forged")
    print(f"  {busiest} in the busiest second, where the route allows {rate}")
    for what, values in (("nothing to deliver", calm), ("all of them beside ", busy)):
        print(
            f"  slices of {SLICE:,} events, {what}: committed after {median(values):.2f} s (median), {max(values):.2f} s (longest), n = {len(values)}"
        )
    return int(accepted != alerts or repeated > 0 or forged > 0 or busiest > 2 * rate)  # whole seconds of our clock may cover two of the route's


if __name__ == "__main__":
    sys.exit(main())
