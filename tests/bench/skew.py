"""What a customer with a tenth of all events costs, and a log whose every customer is a placeholder: `python -m tests.bench.skew --events 1000000`.

CPU µs an event of whole runs over the same events: as they are; with every tenth event given to one customer;
with every customer_id replaced by a placeholder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

Change = Callable[[int, dict[str, object]], dict[str, object]]


def main() -> None:
    """Measure the three logs and print each with its ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--batches", default="250000,10000")
    options = parser.parse_args()
    from jobs.simulate import simulate

    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        folder = Path(name)
        simulate(options.events, 1, folder)
        logs = {"as it is": folder / "events.jsonl"}
        for title, change in (("one id has a tenth", hot), ("all one placeholder", nobody)):
            logs[title] = folder / f"{title}.jsonl"
            rewrite(folder / "events.jsonl", logs[title], change)
        for batch in map(int, options.batches.split(",")):
            ordinary = 0.0
            for title, log in logs.items():
                out = folder / f"{title}-{batch}"
                command = [sys.executable, "-m", "tests.bench.whole", "--one", str(log), str(out), str(batch)]
                found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])
                each = found["cpu_s"] / options.events * 1e6
                ordinary = ordinary or each
                rows = found["counters"]["rows_read"] / options.events
                print(
                    f"{title:>20} | batches of {batch:7,} | {each:6.2f} µs/event | ratio {each / ordinary:4.2f} | rows read/event {rows:6.2f}",
                    flush=True,
                )
                subprocess.run(["rm", "-rf", str(out)], check=True)


def hot(place: int, event: dict[str, object]) -> dict[str, object]:
    """Give every tenth event to one customer."""
    return {**{name: value for name, value in event.items() if name != "case_id"}, "customer_id": "hot"} if place % 10 == 0 else event


def nobody(place: int, event: dict[str, object]) -> dict[str, object]:
    """Name nobody."""
    return {**{name: value for name, value in event.items() if name != "identifiers"}, "customer_id": "undefined"}


def rewrite(source: Path, to: Path, change: Change) -> None:
    """Write a log again with every event changed."""
    with source.open("rb") as lines, to.open("wb") as out:
        out.writelines(changed(lines, change))


def changed(lines: Iterator[bytes], change: Change) -> Iterator[bytes]:
    """Yield changed lines."""
    for place, line in enumerate(lines):
        yield msgspec.json.encode(change(place, msgspec.json.decode(line))) + b"\n"


if __name__ == "__main__":
    main()
