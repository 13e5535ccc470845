"""Faust as it comes, our delivery, our sessions, our whole pipeline, and what a user would pick instead, on one topic: `make bench-kafka`.

Every line is a process (or two) of its own that reads the same topic from its beginning; CPU is user and system time, children included, in µs an
event. *Sessions* is the same work everywhere: parse the JSON, key by customer, sessions of event time with a gap of 30 minutes, a day of lateness,
results and offsets on the disk. The peers are run by the kit whose folder SOJOURN_PEERS names, where it is built:
``run flink TOPIC EVENTS PARALLELISM BACKEND``; Quix Streams and Bytewax by the Python that SOJOURN_PEERS_PYTHON names, where they are installed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from aiokafka import AIOKafkaProducer
from kafka.partitioner.default import murmur2

from infra.kafka.broker import running
from jobs.kafka.settings import read_settings
from jobs.kafka.tools.topics import create_topics

PARTITIONS = 4
CUSTOMERS = 20_000
STOCK_EVENTS = 50_000
"""Stock delivery reads no more: it takes 90 µs each."""
LIMIT_S = 900.0
"""Nobody is waited for longer (seconds)."""
_TYPES = ("call.offered", "call.answered", "call.ended", "message.received", "message.answered", "page.viewed", "form.submitted", "case.progressed")


@dataclass(frozen=True)
class Cost:
    """What some processes took for so many events: seconds of CPU and of the clock, MiB of the largest."""

    events: int
    cpu_s: float
    wall_s: float
    peak_mib: float

    def line(self, name: str) -> str:
        """Say it."""
        each = self.cpu_s / self.events * 1e6
        return f"{name:38} {each:8.1f} {1e6 / each:12,.0f} {self.events / self.wall_s:12,.0f} {self.peak_mib:9,.0f}"


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; it stays")
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="sojourn-bench-")))
        servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or held.enter_context(running()).bootstrap
        environment = {**os.environ, **names(servers)}
        create_topics(read_settings(environment))
        asyncio.run(fill(servers, environment["SOJOURN_TOPICS"], asked.events))
        bench(folder, environment, asked.events)
    return 0


def names(servers: str) -> dict[str, str]:
    """Return the variables of a topic that nobody else has."""
    token = uuid.uuid4().hex[:8]
    return {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "KAFKA_GROUP_ID": f"bench-{token}",
        "SOJOURN_TOPICS": f"bench-{token}",
        "SOJOURN_DEAD_LETTERS_TOPIC": f"bench-dead-{token}",
        "SOJOURN_ALERTS_TOPIC": f"bench-alerts-{token}",
        "SOJOURN_PARTITIONS": str(PARTITIONS),
        "SOJOURN_WEB_PORT": "0",
    }


def bench(folder: Path, environment: Mapping[str, str], events: int) -> None:
    """Run one after the other, and print a line for each."""
    print(
        f"{events:,} events, {PARTITIONS} partitions, one machine\n{'':38} {'µs/event':>8} {'a core s':>12} {'wall/s':>12} {'peak MiB':>9}",
        flush=True,
    )
    few = min(events, STOCK_EVENTS)
    _tell("delivery, stock Faust", [_job("stock", few)], environment, few)
    _tell("delivery, ours", [_job("bare", events)], environment, events)
    _tell("sessions, on our delivery", [_job("sessions", events, folder / "sessions")], environment, events)
    start = _tell("start and end of a worker", [_worker(folder / "none")], nothing(environment), 1)
    one = _tell("whole pipeline, catching up: worker", [_worker(folder / "one")], environment, events)
    _tell("… its mart", [_sojourn("mart", "--to", str(folder / "one"), "--once")], environment, events)
    two = _tell(
        "two workers",
        [_worker(folder / "two"), _worker(folder / "two")],
        {**environment, "KAFKA_GROUP_ID": "bench-two-" + uuid.uuid4().hex[:8]},
        events,
    )
    if start and one and two:
        each, both = (cost.cpu_s - count * start.cpu_s for cost, count in ((one, 1), (two, 2)))
        print(f"two workers: {two.cpu_s / one.cpu_s:.2f} × the CPU of one, so {2 * one.cpu_s / two.cpu_s:.2f} × as much where cores suffice")
        alone = f"{1e6 * each / events:.1f} and {1e6 * both / events:.1f} µs an event"
        print(f"without their starts of {start.cpu_s:.1f} s: {alone}, {2 * each / both:.2f} × as much")
    for name, command in peers(folder, environment["SOJOURN_TOPICS"], events):
        _tell(name, [command] if command else [], environment, events)


def nothing(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of another topic, in which there is nothing."""
    found = {**environment, **names(environment["KAFKA_BOOTSTRAP_SERVERS"])}
    create_topics(read_settings(found))
    return found


def peers(folder: Path, topic: str, events: int) -> Iterator[tuple[str, list[str] | None]]:
    """Yield the other systems with their commands, None where one isn't here."""
    kit, python = os.environ.get("SOJOURN_PEERS"), os.environ.get("SOJOURN_PEERS_PYTHON")
    for backend in ("hashmap", "rocksdb"):
        command = [f"{kit}/run", "flink", topic, str(events), "2", backend] if kit and Path(kit, "run").exists() else None
        yield f"sessions, Flink DataStream, {backend}", command
    for title, name in (("Quix Streams", "quix"), ("Bytewax", "bytewax_sessions")):
        script = Path(__file__).parent / "kafka_jobs" / f"{name}.py"
        yield f"sessions, {title}", [python, str(script), str(events), str(folder / name)] if python else None


def _tell(name: str, commands: Sequence[Sequence[str]], environment: Mapping[str, str], events: int) -> Cost | None:
    """Run processes side by side to their end, print the line, and return what it says."""
    if not commands:
        print(f"{name:38} not here (SOJOURN_PEERS, SOJOURN_PEERS_PYTHON)", flush=True)
        return None
    begun, cpu_s, peak = time.monotonic(), 0.0, 0.0
    running_ = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for command in commands]
    limit = threading.Timer(LIMIT_S, lambda: [process.kill() for process in running_])
    limit.start()
    said = [process.stdout.read().decode() for process in running_ if process.stdout]
    for process in running_:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu_s, peak = cpu_s + usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024)
    limit.cancel()
    if any(process.returncode for process in running_):
        late = time.monotonic() - begun >= LIMIT_S
        ended = f"did not finish in {LIMIT_S:.0f} s" if late else f"failed: exit codes {[process.returncode for process in running_]}"
        print(f"{name:38} {ended}", flush=True)
        return None
    inner = re.search(r"whole ([\d.]+) us/event.*?peak ([\d,]+)", "".join(said))
    if inner:  # the kit measures itself
        cpu_s, peak = float(inner[1]) * events / 1e6, float(inner[2].replace(",", ""))
    cost = Cost(events, cpu_s, time.monotonic() - begun, peak)
    steady = re.search(r"second half ([\d.]+) us/event", "".join(said))
    print(cost.line(name) + (f"   second half {steady[1]} µs" if steady else ""), flush=True)
    return cost


def _job(name: str, events: int, *rest: Path) -> list[str]:
    return [sys.executable, "-m", f"tests.bench.kafka_jobs.{name}", str(events), *map(str, rest)]


def _worker(to: Path) -> list[str]:
    return _sojourn("worker", "--to", str(to), "--until-end")


def _sojourn(*words: str) -> list[str]:
    return [sys.executable, "-m", "jobs.start", *words]


async def fill(servers: str, topic: str, events: int) -> None:
    """Write events into the topic, in whole batches, each in the partition of its customer."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, max_batch_size=1 << 20, acks="all")
    await producer.start()
    builders = {number: producer.create_batch() for number in range(PARTITIONS)}
    for key, value in lines(events):
        number = (murmur2(key) & 0x7FFFFFFF) % PARTITIONS
        if builders[number].append(key=key, value=value, timestamp=None) is None:
            await producer.send_batch(builders[number], topic, partition=number)
            builders[number] = producer.create_batch()
            builders[number].append(key=key, value=value, timestamp=None)
    for number, builder in builders.items():
        if builder.record_count():
            await producer.send_batch(builder, topic, partition=number)
    await producer.stop()


def lines(events: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of touchpoints in order of arrival: sessions of about five events, 3 % late by up to twelve hours, 5 % second copies."""
    random = np.random.default_rng(7)
    unique = events - events // 20
    customer = np.repeat(random.integers(0, CUSTOMERS, unique // 5 + 1), 5)[:unique]
    begin = np.repeat(np.sort(random.random(unique // 5 + 1)), 5)[:unique] * unique / 66_667 * 86_400
    occurred = begin + np.tile(np.cumsum(random.exponential(120, 5)), unique // 5 + 1)[:unique]
    delay = np.where(random.random(unique) < 0.03, random.random(unique) * 43_200, random.random(unique) * 2)
    copies = random.choice(unique, events - unique, replace=False)
    rows = np.r_[np.arange(unique), copies]
    rows = rows[np.argsort(np.r_[occurred + delay, (occurred + delay)[copies] + 1 + random.random(len(copies)) * 3600], kind="stable")]
    stamps = np.datetime_as_string(np.datetime64("2026-01-01T00:00:00.000") + (occurred * 1000).astype("timedelta64[ms]"), unit="ms")
    kinds = random.integers(0, len(_TYPES), unique)
    for row in rows.tolist():
        key = b"c%05d" % customer[row]
        yield (
            key,
            b'{"id":"e%08d","source":"bench","type":"%s","time":"%sZ","customer_id":"%s","channel":"web","actor":{"id":"a%02d","kind":"human"}}'
            % (
                row,
                _TYPES[kinds[row]].encode(),
                stamps[row].encode(),
                key,
                row % 50,
            ),
        )


if __name__ == "__main__":
    raise SystemExit(main())
