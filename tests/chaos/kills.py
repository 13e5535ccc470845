"""Kill runs at random moments and compare what is left with an undisturbed run: `python -m tests.chaos.kills --events 1000000 --kills 50`."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jobs.mart.open import open_mart
from jobs.simulate import simulate
from pipelines.marts.order import rows
from schemas.mart import PURE_TABLES


def main() -> int:
    """Run from the command line; the exit code is the number of differences, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-rows", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-chaos-") as folder:
        differences = chaos(Path(folder), options.events, options.kills, options.seed, options.batch_rows)
    return min(1, len(differences))


def chaos(folder: Path, events: int, kills: int, seed: int, batch_rows: int = 20_000) -> list[str]:
    """Kill so many runs over as many fresh DIRs as it takes; return what differs from the undisturbed run (nothing, we hope)."""
    simulate(events, seed, folder)
    source, calm = folder / "events.jsonl", folder / "calm"
    begun = time.monotonic()
    _run(source, calm, batch_rows).wait()
    whole = time.monotonic() - begun
    expected, random_ = rows_of(calm), random.Random(seed)
    done, dirs, differences = 0, 0, []
    while done < kills:
        dirs += 1
        dir_ = folder / f"killed-{dirs}"
        done += _until_done(source, dir_, batch_rows, random_, whole, kills - done)
        found = compared(expected, rows_of(dir_))
        differences += [f"DIR {dirs}: {line}" for line in found]
        print(f"DIR {dirs}: {done} kills so far; {found or 'all pure tables are equal'}", flush=True)
    total = {name: len(wanted) for name, wanted in expected.items()}
    print(f"{done} kills over {dirs} DIRs of {events:,} events: {len(differences)} differences; rows compared: {total}")
    return differences


def rows_of(dir_: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every pure table as ordered rows, without the columns of history."""
    with open_mart(dir_) as mart:
        return {name: rows(mart, name) for name in PURE_TABLES}


def compared(expected: dict[str, list[tuple[object, ...]]], found: dict[str, list[tuple[object, ...]]]) -> list[str]:
    """Return a line for each table that differs."""
    return [f"{name}: {len(wanted)} rows expected, {len(found[name])} found" for name, wanted in expected.items() if found[name] != wanted]


def _until_done(source: Path, dir_: Path, batch_rows: int, random_: random.Random, whole: float, left: int) -> int:
    """Kill runs into a DIR until one ends by itself; return how many were killed."""
    killed = 0
    while True:
        process = _run(source, dir_, batch_rows)
        try:
            code = process.wait(random_.uniform(0.05, whole * 0.6) if killed < left else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
            continue
        if code:
            raise SystemExit(f"a run ended with exit code {code}")
        return killed


def _run(source: Path, dir_: Path, batch_rows: int) -> subprocess.Popen[bytes]:
    command: Sequence[str] = [sys.executable, "-m", "jobs.cli", "run", str(source), "--to", str(dir_), "--batch-rows", str(batch_rows)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    raise SystemExit(main())
