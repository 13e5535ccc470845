"""How long a signal takes to be an alert at a receiver: `python -m tests.bench.latency --stored 200000`.

A run follows a file and delivers beside it (`sojourn run --follow --routes`). One event after the other is added; each must give an alert at once.
Told is the time from then until the journal holds the alert, and until a receiver on this machine has checked its signature. With `--kafka`: two
workers, a mart and `sojourn deliver`, at KAFKA_BOOTSTRAP_SERVERS. Wall-clock seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from aiokafka import AIOKafkaProducer
from kafka.partitioner.default import murmur2

from tests.bench.signals import Ear, Said, Times, cases, environment, listening, reopened, resolved, routes, write
from tests.integration.fleet import Fleet

LONGEST_S = 60.0
START_S = 600.0
Signal = Callable[[str], None]


def main() -> None:
    """Measure, and print n, median, p95 and max."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=200_000, help="events that the file holds before")
    parser.add_argument("--signals", type=int, default=40)
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between an alert that came and the next signal")
    parser.add_argument("--kafka", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as name:
        (on_kafka if options.kafka else embedded)(Path(name), options.stored, options.signals, options.pause)


def embedded(folder: Path, stored: int, count: int, pause: float) -> None:
    """Measure one process."""
    names = cases(count)
    events = folder / "events.jsonl"
    background(folder, stored)
    write(events, resolved([*names, "first"]))
    with listening() as ear:
        command = [sys.executable, "-m", "jobs.start", "run", str(events), "--to", str(folder / "out"), "--follow"]
        command += ["--routes", str(routes(folder, ear.port))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
        try:
            took = series(lambda line: write(events, [line]), folder / "out", ear, names, pause)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        page("run --follow --routes", stored, took, ear)


def on_kafka(folder: Path, stored: int, count: int, pause: float) -> None:
    """Measure two workers, a mart and delivery, each a process of its own."""
    names, own = cases(count), uuid.uuid4().hex[:10]
    topics = {"SOJOURN_TOPICS": f"touchpoints-{own}", "SOJOURN_DEAD_LETTERS_TOPIC": f"dead-letters-{own}", "SOJOURN_ALERTS_TOPIC": f"alerts-{own}"}
    own_environment = environment(KAFKA_GROUP_ID=f"workers-{own}", SOJOURN_PARTITIONS="4", SOJOURN_WEB_PORT="0", **topics)
    fleet = Fleet(folder / "out", own_environment, folder / "log")
    background(folder, stored)
    write(folder / "events.jsonl", resolved([*names, "first"]))
    assert fleet.run("topics", "create").returncode == 0, fleet.said()
    try:
        with listening() as ear, sending(own_environment["KAFKA_BOOTSTRAP_SERVERS"], topics["SOJOURN_TOPICS"]) as send:
            fleet.produce(folder / "events.jsonl")
            fleet.worker(), fleet.worker(), fleet.mart("--routes", str(routes(folder, ear.port)))
            took = series(send, folder / "out", ear, names, pause)
    finally:
        fleet.end()
    page("two workers and mart --routes on Kafka", stored, took, ear)


@contextmanager
def sending(servers: str, topic: str) -> Iterator[Signal]:
    """Yield what sends one line to a topic, in the partition of its customer, and waits until the broker has it."""
    own = asyncio.new_event_loop()
    thread = threading.Thread(target=own.run_forever, daemon=True)
    thread.start()

    async def start() -> AIOKafkaProducer:
        made = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=0)
        await made.start()
        return made

    producer = asyncio.run_coroutine_threadsafe(start(), own).result(START_S)

    def send(text: str) -> None:
        key, value = json.loads(text)["customer_id"].encode(), text.strip().encode()
        number = (murmur2(key) & 0x7FFFFFFF) % 4
        asyncio.run_coroutine_threadsafe(producer.send_and_wait(topic, value, key=key, partition=number), own).result(LONGEST_S)

    try:
        yield send
    finally:
        asyncio.run_coroutine_threadsafe(producer.stop(), own).result(LONGEST_S)
        own.call_soon_threadsafe(own.stop)
        thread.join()


def background(folder: Path, stored: int) -> None:
    """Write events that lie there before."""
    from jobs.simulate import simulate

    if stored:
        simulate(stored, 1, folder)
    else:
        (folder / "events.jsonl").touch()


def series(send: Signal, out: Path, ear: Ear, names: Sequence[str], pause: float) -> list[Times]:
    """Send one signal after the other, the first one apart: it waits for what is stored."""
    said, chance = Said(out), random.Random(1)
    first = one(send, said, ear, "first", START_S)
    print(f"the first, with what was stored before it: said after {first.said_s:.1f} s, at the hook after {first.hook_s:.1f} s", flush=True)
    took = []
    for name in names:
        time.sleep(chance.expovariate(1 / pause) if pause else 0.0)
        took.append(one(send, said, ear, name, LONGEST_S))
    return took


def one(send: Signal, said: Said, ear: Ear, name: str, seconds: float) -> Times:
    """Send one signal and wait for its alert."""
    begun = time.monotonic()
    send(reopened(name))
    said_at = said.wait(name, seconds)
    return Times(said_at - begun, ear.wait(name, seconds) - begun)


def page(what: str, stored: int, took: Sequence[Times], ear: Ear) -> None:
    """Print what was measured."""
    print(f"{what}, {stored:,} events stored, n = {len(took)}; forged {ear.received.forged}, repeated {ear.received.repeated}")
    for title, values in (("said", [each.said_s for each in took]), ("hook", [each.hook_s for each in took])):
        p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        print(f"  event written → {title:4}  median {median(values):.2f} s  p95 {p95:.2f} s  max {max(values):.2f} s")


if __name__ == "__main__":
    main()
