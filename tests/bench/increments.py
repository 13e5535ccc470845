"""What 10,000 new events cost on much and on little history: `python -m tests.bench.increments --stored 100000,1000000,10000000`.

Each size is run once in full; then the last lines are added, 10,000 at a time, each time by a process of its own.
Figures: CPU s of that process without publication, of the publication, and rows read an event; the best of the repeats.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

NEW = 10_000


def main() -> None:
    """Measure each size; the first is what the others are compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", default="100000,1000000,10000000")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    first = 0.0
    print(f"{'stored':>11} | {'CPU s, publication apart':>24} | {'ratio':>5} | {'publication s':>13} | {'rows read/event':>15}")
    for stored in map(int, options.stored.split(",")):
        with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder:
            runs = increments(Path(folder), stored, options.repeat)
        apart, publication, rows = min(runs)
        first = first or apart
        print(f"{stored:11,} | {apart:24.2f} | {apart / first:5.2f} | {publication:13.2f} | {rows:15.2f}", flush=True)


def increments(folder: Path, stored: int, repeat: int) -> list[tuple[float, float, float]]:
    """Return (CPU s without publication, of publication, rows read an event) for each of some increments, one on top of the other."""
    from jobs.simulate import simulate

    simulate(stored + repeat * NEW, 1, folder)
    parts = [folder / f"part-{k}.jsonl" for k in range(repeat + 1)]
    with (folder / "events.jsonl").open("rb") as lines:
        for part, count in zip(parts, [stored, *[NEW] * repeat], strict=True):
            with part.open("wb") as file:
                file.writelines(line for _, line in zip(range(count), lines, strict=False))
    _measured(parts[0], folder / "out")
    return [_seconds(_measured(part, folder / "out")) for part in parts[1:]]


def _seconds(found: dict[str, dict[str, float]]) -> tuple[float, float, float]:
    publication = found["parts"]["publish"]
    return float(found["process_cpu_s"]) - publication, publication, found["counters"]["rows_read"] / NEW  # type: ignore[arg-type]


def _measured(part: Path, out: Path) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-m", "tests.bench.whole", "--one", str(part), str(out), "250000"]
    found: dict[str, dict[str, float]] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
