"""How long a new event takes to be in the snapshot of a live run: `python -m tests.bench.follow --stored 1000000`.

A run follows a file that holds so many events; then one event after the other is added, and the newest snapshot is asked for it. Wall-clock seconds.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jobs.mart.open import open_mart

LONGEST_S = 60.0


def main() -> None:
    """Measure some events and print each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between one event shown and the next added")
    options = parser.parse_args()
    from jobs.simulate import simulate

    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        folder = Path(name)
        simulate(options.stored, 1, folder)
        command = [sys.executable, "-m", "jobs.cli", "run", str(folder / "events.jsonl"), "--to", str(folder / "out"), "--follow"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(folder / "out", "from mart.touchpoints", options.stored * 0.9, 600)
            took = [shown_after(folder, k, options.pause) for k in range(options.events)]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    each = " ".join(f"{seconds:.1f}" for seconds in took)
    print(f"{options.stored:,} events stored: a new event was in the snapshot after {min(took):.1f} to {max(took):.1f} s (each: {each})")


def shown_after(folder: Path, number: int, pause: float) -> float:
    """Add an event; return the seconds until a snapshot shows it."""
    time.sleep(pause)
    event = {"id": f"new-{number}", "source": "bench", "type": "page.viewed", "time": "2025-02-01T12:00:00Z", "customer_id": f"somebody-{number}"}
    begun = time.monotonic()
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")
    wait_for(folder / "out", f"from mart.journeys where customer_id = 'somebody-{number}'", 1, LONGEST_S)
    return time.monotonic() - begun


def wait_for(out: Path, what: str, count: float, seconds: float) -> None:
    """Wait until the newest snapshot counts so many rows."""
    due = time.monotonic() + seconds
    while time.monotonic() < due:
        if (out / "serving" / "current.duckdb").exists():
            with open_mart(out) as mart:
                if mart.sql(" ".join(["select count(*)", what])).fetchall()[0][0] >= count:
                    return
        time.sleep(0.05)
    raise SystemExit(f"not {count:,.0f} {what} within {seconds:.0f} s")


if __name__ == "__main__":
    main()
