"""How long a worker's partitions take to be ready again: `python -m tests.bench.restart --customers 1000000 --events 10000000`.

The journal of four partitions is filled with customers whose journeys are all open. Then a process of its own opens all partitions, two at a time
as a worker does: with its caches; without them from the segments as they were committed; without them from the compacted journal. Each line says
seconds of the clock from the start of the program, CPU seconds, and memory: that of the process alone, and the mapped pages of the state.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

PARTITIONS = 4
BATCH = 50_000
SLOTS = 2
_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_TYPES = ("page.viewed", "chat.opened", "call.queued", "call.answered", "order.placed")
OPEN_S = 30.0
"""What the design promises for 1 M open customers and 10 M events (seconds)."""


def main() -> int:
    """Run from the command line; 1 where a start took too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to work; it stays")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.open:
        print(json.dumps(opened(asked.open)))
        return 0
    with tempfile.TemporaryDirectory(prefix="sojourn-restart-") as temporary:
        return restart(asked.folder or Path(temporary), asked.customers, asked.events)


def restart(folder: Path, customers: int, events: int) -> int:
    """Fill a journal if it isn't, open it in three ways, and print what that takes."""
    to = folder / "dir"
    if not to.exists():
        fill(to, customers, events)
    print(f"{'':34} {'clock s':>8} {'CPU s':>7} {'own MiB':>8} {'mapped MiB':>10} {'bytes a customer':>16} {'files':>7}")
    told = [_told("with its caches", to, customers)]
    shutil.rmtree(to / "state")
    told.append(_told("without, from what was committed", to, customers))
    shutil.rmtree(to / "state")
    begun = _children_s()
    subprocess.run([sys.executable, "-m", "jobs.cli", "compact", str(to), "--grace", "0s"], check=True)
    print(f"(compacting took {_children_s() - begun:.0f} CPU s)")
    told.append(_told("without, from the compacted journal", to, customers))
    return int(max(told) > OPEN_S)


def fill(to: Path, customers: int, events: int) -> None:
    """Commit events of so many customers, all of whose journeys stay open."""
    from jobs.journal.log import Journal
    from jobs.keeper import Keeper
    from pipelines.judge.shelf import shelf
    from pipelines.partition import Batch
    from schemas.journal import SourceRange
    from schemas.journey_map import default_map

    journal, received_us = Journal(to, PARTITIONS, shared=True), int((_BEGIN + timedelta(days=1)).timestamp() * 1e6)
    for number in range(PARTITIONS):
        keeper, at = Keeper.open(journal, number, default_map(), None, rules=shelf(default_map())), 0
        for lines in batches(number, customers // PARTITIONS, events // PARTITIONS):
            name = f"touchpoints:{number}"
            source = SourceRange(lo=at, hi=at + len(lines), received_us=received_us, size=at + len(lines))
            keeper.commit(Batch(lines, name, received_us, at), name, source)
            at += len(lines)
        keeper.close()


def batches(number: int, customers: int, events: int) -> Iterator[list[bytes]]:
    """Yield events of some customers in turn: each has one in every round, and all rounds lie within twenty minutes."""
    for begin in range(0, events, BATCH):
        lines = []
        for place in range(begin, min(begin + BATCH, events)):
            instant = _BEGIN + timedelta(microseconds=place * 1_200_000_000 // events)
            lines.append(
                b'{"id":"%d-%d","source":"web","type":"%s","time":"%s","customer_id":"c%d-%d","channel":"web"}'
                % (number, place, _TYPES[place % 5].encode(), instant.isoformat().encode(), number, place % customers)
            )
        yield lines


def opened(to: Path) -> dict[str, float]:
    """Open all partitions as a worker does, keep the caches, and say what that took."""
    from jobs.journal.log import Journal
    from jobs.keeper import Keeper
    from pipelines.judge.shelf import shelf
    from schemas.journey_map import default_map

    journal, rules = Journal(to, PARTITIONS, shared=True), shelf(default_map())
    with ThreadPoolExecutor(SLOTS) as pool:
        keepers = list(pool.map(lambda number: Keeper.open(journal, number, default_map(), None, rules=rules), range(PARTITIONS)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    memory = {name: int(kib) / 1024 for name, kib in re.findall(r"^(Rss\w+):\s+(\d+) kB", status, re.MULTILINE)}
    ready = time.time()
    state = sum(path.stat().st_size for path in (to / "state").rglob("*") if path.is_file())
    for keeper in keepers:
        keeper.close()
    return {
        "ready": ready,
        "cpu_s": used.ru_utime + used.ru_stime,
        "own": memory["RssAnon"],
        "mapped": memory["RssFile"] + memory["RssShmem"],
        "state": state,
        "events": sum(keeper.partition.state.size.rows for keeper in keepers),
    }


def _told(how: str, to: Path, customers: int) -> float:
    """Open a journal in a process of its own, print the line, and return the seconds."""
    begun = time.time()
    command = [sys.executable, "-m", "tests.bench.restart", "--open", str(to)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])
    files = sum(1 for path in (to / "journal").rglob("*") if path.is_file())
    seconds = found["ready"] - begun
    each = (found["own"] + found["mapped"]) * (1 << 20) / customers
    print(f"{how:34} {seconds:8.1f} {found['cpu_s']:7.1f} {found['own']:8,.0f} {found['mapped']:10,.0f} {each:16,.0f} {files:7,}", flush=True)
    return float(seconds)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
