"""Run workers and a mart for half an hour at half load, and say whether anything grows: `python -m tests.bench.soak --minutes 30`.

First it measures what can be sustained here: a producer sends as fast as it can, and what snapshots show more at the end of a while than at its
beginning is what goes through. Half of that is the load. Then, every few seconds, it looks at the memory of each process, at the files that the
records name, at what was sent, read and shown. At the end there is a line with its verdict for each thing that must hold, and the program ends with 1
where one does not.

Memory is what belongs to a process alone (RssAnon), the median of three minutes after the warming against that of the last three. The state of a
worker lies in mapped files beside it: those pages are the system's cache, which takes them back when others need memory; they are shown as well.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from infra.kafka.broker import running
from jobs.journal.log import Journal
from jobs.kafka.fleet import Fleet
from jobs.kafka.settings import read_settings
from jobs.kafka.tools.offsets import standings
from jobs.kafka.tools.topics import create_topics
from jobs.mart.kept import folded_commits
from jobs.simulate import simulate
from schemas.journal import Base, Commit

EVERY_S = 5.0
WARM_S = 300.0
"""Memory is compared with that after so long (seconds)."""
SPAN_S = 180.0
GROWTH = 0.05
UNREAD_S, UNSHOWN_S = 15.0, 600.0
"""So many seconds of the load may wait to be read by workers, and to be shown by a snapshot: publishing takes a tenth of the time at most, so that a
snapshot of ten million events, which takes half a minute, comes every five minutes."""
LIVE_FILES = 4_000
"""So many files may be live: those since the last compaction, and the large ones."""
WARNINGS_A_MINUTE = 1.0
MEASURE_S, MEASURE_EVENTS = 90.0, 2_000_000
"""So long, or so many events, the sustained load is measured; the first third of that is for warming."""


@dataclass(frozen=True)
class Look:
    """What was seen at one moment: seconds since the start; events sent, read and shown; live files; MiB by process (own, mapped)."""

    at_s: float
    sent: int
    read: int
    shown: int
    live: int
    memory: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Verdict:
    """Whether one thing holds."""

    holds: bool
    text: str

    def line(self) -> str:
        """Say it."""
        return f"{'holds' if self.holds else 'FAILS'}  {self.text}"


@dataclass
class Records:
    """What the records of a journal say; each is read once."""

    journal: Journal
    _seq: dict[int, int] = field(default_factory=dict)
    _read: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by partition: commit, events read up to it
    _files: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # by partition: commit, files that it names

    def look(self) -> None:
        """Read what is new."""
        for number in range(self.journal.partitions):
            for commit in self.journal.commits(number, self._seq.get(number, -1)):
                self._note(number, commit)

    def _note(self, number: int, commit: Commit) -> None:
        read, before = self._read.setdefault(number, []), 0
        if read and not isinstance(commit, Base):
            before = read[-1][1]
        read.append((commit.seq, before + commit.counters.get("read", 0)))
        self._files.setdefault(number, []).append((commit.seq, len(commit.segments)))
        self._seq[number] = commit.seq

    def read(self, up_to: Mapping[int, int] | None = None) -> int:
        """Return how many events were read, up to some commits."""
        found = 0
        for number, marks in self._read.items():
            known = [count for seq, count in marks if up_to is None or seq <= up_to.get(number, -1)]
            found += known[-1] if known else 0
        return found

    def live(self) -> int:
        """Return how many files count: those of the base records, and of what came after them."""
        found = 0
        for number, files in self._files.items():
            base = self.journal.bases.newest(number)
            found += len(base.segments) if base else 0
            found += sum(count for seq, count in files if base is None or seq > base.seq)
        return found


@dataclass
class Soak:
    """Processes under a load."""

    fleet: Fleet
    environment: Mapping[str, str]
    looks: list[Look] = field(default_factory=list)

    def watch(self, producer: subprocess.Popen[bytes], seconds: float, *, drains: bool) -> None:
        """Look now and then until the producer has ended, and, with ``drains``, all that it sent is shown; at most so long."""
        begun, said, records = time.monotonic(), 0.0, Records(Journal(self.fleet.dir, None))
        while (producer.poll() is None or (drains and self.looks[-1].shown < self.looks[-1].sent)) and time.monotonic() - begun < seconds:
            self.fleet.watch()
            self.looks.append(self._look(records, begun))
            if time.monotonic() - said >= 60:
                said = time.monotonic()
                print(line(self.looks[-1]), flush=True)
            time.sleep(EVERY_S)

    def _look(self, records: Records, begun: float) -> Look:
        records.look()
        shown = records.read(folded_commits(self.fleet.dir))
        memory = {name: memory_of(process.pid) for name, process in self.fleet.running.items()}
        sent = sum(one.end - one.begin for one in standings(read_settings(self.environment)))
        return Look(time.monotonic() - begun, sent, records.read(), shown, records.live(), memory)

    def sustained(self) -> float:
        """Return how many events a second came from the producer into snapshots, after a third of the time."""
        looks = [look for look in self.looks if look.at_s >= self.looks[-1].at_s / 3]
        fresh = [looks[place] for place in range(1, len(looks)) if looks[place].shown > looks[place - 1].shown]  # just published
        first, last = (fresh[0], fresh[-1]) if len(fresh) > 1 else (looks[0], looks[-1])
        return max(1.0, (last.shown - first.shown) / max(EVERY_S, last.at_s - first.at_s))

    def verdicts(self, rate: float) -> list[Verdict]:
        """Return what must hold, and whether it does."""
        warm = [look for look in self.looks if look.at_s >= min(WARM_S, self.looks[-1].at_s / 3)]
        sent = (warm[-1].sent - warm[0].sent) / max(EVERY_S, warm[-1].at_s - warm[0].at_s)
        unread, unshown = max(look.sent - look.read for look in warm) / rate, max(look.sent - look.shown for look in warm) / rate
        most = max(look.live for look in self.looks)
        return [
            Verdict(sent >= rate * 0.95, f"load: {sent:,.0f} events a second were sent, of {rate:,.0f} asked for"),
            *(self._memory(name, warm) for name in self.looks[-1].memory),
            Verdict(unread <= UNREAD_S, f"lag of the workers: at most {unread:.1f} s of the load waited to be read (bound {UNREAD_S:.0f} s)"),
            Verdict(unshown <= UNSHOWN_S, f"lag of the mart: at most {unshown:.1f} s of the load waited to be shown (bound {UNSHOWN_S:.0f} s)"),
            Verdict(most <= LIVE_FILES, f"files: at most {most:,} were live (bound {LIVE_FILES:,})"),
            *(self._warned(name) for name in self.looks[-1].memory),
        ]

    def _memory(self, name: str, warm: list[Look]) -> Verdict:
        span = min(SPAN_S, (warm[-1].at_s - warm[0].at_s) / 2)
        parts = [look for look in warm if look.at_s <= warm[0].at_s + span], [look for look in warm if look.at_s >= warm[-1].at_s - span]
        early, late = (statistics.median(look.memory[name][0] for look in part) for part in parts)
        most = max(look.memory[name][0] for look in warm)
        text = f"memory of {name}: {early:,.0f} MiB after {warm[0].at_s:,.0f} s, {late:,.0f} MiB at the end, most {most:,.0f} (bound {GROWTH:+.0%})"
        return Verdict(late <= early * (1 + GROWTH), text)

    def _warned(self, name: str) -> Verdict:
        warned, minutes = warnings(self.fleet.logs / f"{name}.log"), self.looks[-1].at_s / 60
        often = f", mostly: {warned.most_common(1)[0][0]}" if warned else ""
        return Verdict(sum(warned.values()) <= WARNINGS_A_MINUTE * minutes, f"warnings of {name}: {sum(warned.values()):,}{often}")


def line(look: Look) -> str:
    """Say what was seen."""
    memory = ", ".join(f"{name} {own:,.0f} MiB (+ {mapped:,.0f} mapped)" for name, (own, mapped) in look.memory.items())
    return f"{look.at_s:6.0f} s  {look.sent:>11,} sent  {look.read:>11,} read  {look.shown:>11,} shown  {look.live:>6,} live files  {memory}"


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
    """Run from the command line; 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, help="events a second, instead of half of what is measured to be sustained")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to work; it stays")
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sojourn-soak-")))
        servers = held.enter_context(running()).bootstrap
        rate = asked.rate or measured(folder / "measured", servers, asked.workers) / 2
        verdicts = soak(folder / "soak", servers, asked.minutes * 60, rate, asked.workers)
    print(*(verdict.line() for verdict in verdicts), sep="\n")
    return int(not all(verdict.holds for verdict in verdicts))


def measured(folder: Path, servers: str, workers: int) -> float:
    """Return how many events a second can be sustained: by producer, broker, workers and mart together, on this machine."""
    soaking, _ = _soaked(folder, servers, workers, MEASURE_S, MEASURE_EVENTS, ())
    rate = soaking.sustained()
    print(f"sustained here, producer and broker beside it: {rate:,.0f} events a second; half of that is the load", flush=True)
    return rate


def soak(folder: Path, servers: str, seconds: float, rate: float, workers: int) -> list[Verdict]:
    """Run workers, a mart and a producer for so long; return what must hold, and whether it does."""
    soaking, codes = _soaked(folder, servers, workers, seconds, round(rate * seconds * 1.1), ("--rate", str(rate)))
    ended = [Verdict(not code, f"{name} ended with {code}") for name, code in codes.items()]
    return [*soaking.verdicts(rate), *ended]


def _soaked(folder: Path, servers: str, workers: int, seconds: float, events: int, how: tuple[str, ...]) -> tuple[Soak, dict[str, int]]:
    """Run workers, a mart and a producer for so long; return what was seen, and the exit codes."""
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "SOJOURN_WEB_PORT": "0",
        "KAFKA_GROUP_ID": folder.name,
        "SOJOURN_TOPIC_PREFIX": f"{folder.name}-",
    }
    log = simulate(events, 1, folder / "simulated").events_path
    create_topics(read_settings(environment))
    with Fleet(folder / "dir", environment, folder / "logs") as fleet, Fleet(folder / "dir", environment, folder / "logs") as beside:
        for number in range(workers):
            fleet.start(f"worker-{number}", "worker", "--to", str(fleet.dir), "--no-ticks")
        fleet.start("mart", "mart", "--to", str(fleet.dir))
        while not (fleet.dir / "format").exists():
            fleet.watch()
            time.sleep(0.1)
        soaking = Soak(fleet, environment)
        soaking.watch(beside.start("producer", "produce", str(log), *how), seconds, drains=not how)
        last = soaking.looks[-1]
        cpu = {name: cpu_of(process.pid) / max(1, last.read) * 1e6 for name, process in fleet.running.items()}
        print(line(last), *(f"{name}: {used:.1f} µs of CPU an event" for name, used in cpu.items()), sep="\n", flush=True)
        return soaking, fleet.end()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(fields[place]) for place in (11, 12, 13, 14)) / 100


if __name__ == "__main__":
    raise SystemExit(main())
