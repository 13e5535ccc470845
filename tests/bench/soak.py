"""Run workers and a mart for half an hour under an even load, and say whether anything grows: `python -m tests.bench.soak --minutes 30 --rate 3000`.

Every few seconds it looks at the memory of each process, at the live files and all files, and at what was read. At the end memory must lie within 5 %
of what it was after the first five minutes, the lag within some seconds of events, and the files within what compaction promises.

Memory is what belongs to a process alone (RssAnon). The state of a worker lies in mapped files beside it: those pages are the system's cache, which
takes them back when others need memory; they are shown as well.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from infra.kafka.broker import running
from jobs.journal.log import Journal
from jobs.kafka.fleet import Fleet, Follower
from jobs.kafka.settings import read_settings
from jobs.kafka.tools.topics import create_topics
from jobs.simulate import simulate

EVERY_S = 5.0
WARM_S = 300.0
"""Memory is compared with that after so long (seconds)."""
GROWTH = 0.05
LAG_S = 15.0
"""So many seconds of events may wait."""
LIVE_FILES = 4_000
"""So many files may be live: those since the last compaction, and the large ones."""
WARNINGS_A_MINUTE = 1.0


@dataclass(frozen=True)
class Look:
    """What was seen at one moment: seconds since the start, records that wait, live files, all files, MiB by process (own, mapped)."""

    at_s: float
    read: int
    live: int
    files: int
    memory: dict[str, tuple[float, float]]


@dataclass
class Soak:
    """A soak in progress."""

    fleet: Fleet
    rate: float
    looks: list[Look] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def watch(self, producer: subprocess.Popen[bytes], seconds: float) -> None:
        """Look now and then until the producer has ended, or so long."""
        follower = Follower(Journal(self.fleet.dir, None))
        said = 0.0
        while producer.poll() is None and time.monotonic() - self.begun < seconds:
            self.fleet.watch()
            self.looks.append(self._look(follower))
            if time.monotonic() - said >= 60:
                said = time.monotonic()
                print(line(self.looks[-1]), flush=True)
            time.sleep(EVERY_S)

    def _look(self, follower: Follower) -> Look:
        journal = self.fleet.dir / "journal"
        read = follower.look().counters["read"]
        live = sum(len(commit.segments) for number in range(follower.journal.partitions) for commit in follower.journal.commits(number))
        files = sum(1 for path in journal.rglob("*") if path.is_file())
        memory = {name: memory_of(process.pid) for name, process in self.fleet.running.items()}
        return Look(time.monotonic() - self.begun, read, live, files, memory)

    def findings(self) -> list[str]:
        """Return what should not have been."""
        found = []
        for name in self.looks[-1].memory:
            early, late = (statistics.median(look.memory[name][0] for look in part) for part in self._parts())
            if late > early * (1 + GROWTH):
                found.append(f"{name}: {early:,.0f} MiB after {WARM_S:,.0f} s, {late:,.0f} MiB at the end")
        most = max(look.live for look in self.looks)
        if most > LIVE_FILES:
            found.append(f"{most:,} files were live")
        minutes = self.looks[-1].at_s / 60
        for name in self.looks[-1].memory:
            warned = warnings(self.fleet.logs / f"{name}.log")
            if sum(warned.values()) > WARNINGS_A_MINUTE * minutes:
                found.append(f"{name} warned {sum(warned.values()):,} times, mostly: {warned.most_common(1)[0]}")
        return found

    def _parts(self) -> tuple[list[Look], list[Look]]:
        """Return the looks just behind the warming, and the last ones: three minutes each, or as much as there is."""
        warm = [look for look in self.looks if look.at_s >= min(WARM_S, self.looks[-1].at_s / 3)]
        span = min(180.0, (warm[-1].at_s - warm[0].at_s) / 2)
        return [look for look in warm if look.at_s <= warm[0].at_s + span], [look for look in warm if look.at_s >= warm[-1].at_s - span]


def line(look: Look) -> str:
    """Say what was seen."""
    memory = ", ".join(f"{name} {own:,.0f} MiB (+ {mapped:,.0f} mapped)" for name, (own, mapped) in look.memory.items())
    return f"{look.at_s:6.0f} s  {look.read:>11,} read  {look.live:>6,} live files  {look.files:>7,} on disk  {memory}"


def memory_of(pid: int) -> tuple[float, float]:
    """Return the MiB that belong to a process alone, and those of mapped files."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = {name: int(kib) / 1024 for name, kib in re.findall(r"^(Rss\w+):\s+(\d+) kB", status, re.MULTILINE)}
    return found["RssAnon"], found["RssFile"] + found["RssShmem"]


def warnings(log: Path) -> Counter[str]:
    """Return what a process warned of, numbers left out."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return Counter(re.sub(r"\d+", "#", text)[-120:] for text in lines if re.search(r'"level":"(warning|error|critical)"|Traceback', text))


def main() -> int:
    """Run from the command line; 1 where something grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=10_000, help="events a second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--events", type=Path, help="a file of events instead of simulated ones")
    parser.add_argument("--folder", type=Path, help="where to work; it stays")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-soak-") as temporary:
        folder = asked.folder or Path(temporary)
        events = asked.events or folder / "simulated" / "events.jsonl"
        if not events.exists():
            simulate(round(asked.rate * asked.minutes * 60), 1, events.parent)
        found = soak(folder, events, asked.minutes * 60, asked.rate, asked.workers)
    print("; ".join(found) or "nothing grew")
    return min(1, len(found))


def soak(folder: Path, events: Path, seconds: float, rate: float, workers: int) -> list[str]:
    """Run workers, a mart and a producer for so long; return what should not have been."""
    with running() as cluster:
        environment = {"KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrap, "SOJOURN_WEB_PORT": "0"}
        create_topics(read_settings(environment))
        with Fleet(folder / "dir", environment, folder / "logs") as fleet, Fleet(folder / "dir", environment, folder / "logs") as beside:
            for number in range(workers):
                fleet.start(f"worker-{number}", "worker", "--to", str(fleet.dir), "--no-ticks")
            fleet.start("mart", "mart", "--to", str(fleet.dir))
            producer = beside.start("producer", "produce", str(events), "--rate", str(rate))
            while not (fleet.dir / "format").exists():
                fleet.watch()
                time.sleep(0.1)
            soaking = Soak(fleet, rate)
            soaking.watch(producer, seconds)
            sent, last = rate * soaking.looks[-1].at_s, soaking.looks[-1]
            cpu = {name: cpu_of(process.pid) for name, process in fleet.running.items()}
            found = soaking.findings()
            if sent - last.read > LAG_S * rate:
                found.append(f"{sent - last.read:,.0f} events wait at the end")
            print(line(last), *(f"{name}: {used / last.read * 1e6:.1f} µs of CPU an event" for name, used in cpu.items()), sep="\n", flush=True)
            codes = fleet.end()
    return found + [f"{name} ended with {code}" for name, code in codes.items() if code]


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / 100


if __name__ == "__main__":
    raise SystemExit(main())
