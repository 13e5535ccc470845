"""Prove the rules: each finds whatever the simulator planted for it, and nothing on a clean log: `python -m tests.proof.rules --seed 1`.

What counts as found is written in `pipelines/simulate/proof.py`. With `--kafka` the log goes through two workers and a mart.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from jobs.mart.open import open_mart
from jobs.run import RunSettings, run
from jobs.show.table import table
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from pipelines.judge.shelf import shelf
from pipelines.simulate.proof import Interval, Proof, prove
from schemas.journey_map import default_map

Through = Callable[[Path, Path], None]
"""(the log, the DIR): read the one into the other."""


def main() -> int:
    """Run from the command line; the exit code is 0 where every rule has recall 1.0 and nothing is found on the clean log, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kafka", action="store_true", help="through two workers and a mart, at KAFKA_BOOTSTRAP_SERVERS")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sojourn-proof-") as folder:
        planted, clean = proofs(Path(folder), options.events, options.seed, on_kafka if options.kafka else embedded)
    where = "two workers and a mart on Kafka" if options.kafka else "embedded"
    print(f"{options.events:,} events, seed {options.seed}, {where}, {time.monotonic() - begun:.0f} s")
    print(page(planted, clean))
    return 0 if holds(planted, clean) else 1


def proofs(folder: Path, events: int, seed: int, through: Through) -> tuple[list[Proof], list[Proof]]:
    """Return a proof for each rule: of a log with planted situations, and of a clean one."""
    return proven(folder / "planted", events, seed, through, clean=False), proven(folder / "clean", events, seed, through, clean=True)


def proven(folder: Path, events: int, seed: int, through: Through, *, clean: bool) -> list[Proof]:
    """Simulate a log, read it into a DIR, and compare what the rules found with what was planted."""
    made = simulate(events, seed, folder, clean=clean)
    through(made.events_path, folder / "out")
    situations = msgspec.json.decode((made.truth_path / "situations.json").read_bytes())
    return prove([rule.name for rule in shelf(default_map()) if not rule.record], situations, found(folder / "out"))


def found(dir_: Path) -> Iterator[Interval]:
    """Yield what the rules found in a DIR."""
    with open_mart(dir_) as con:
        rows = con.sql(Path(__file__).with_name("found.sql").read_text(encoding="utf-8")).fetchall()
    for rule, customer, operation, team, since, until, events, customers in rows:
        yield Interval(rule, customer, operation, team, since, until, frozenset(events), frozenset(customers))


def embedded(log: Path, dir_: Path) -> None:
    """Read the log as ``sojourn run`` does."""
    run([JsonLines(log)], RunSettings(to=dir_, journey_map=default_map()))


def on_kafka(log: Path, dir_: Path) -> None:
    """Read it through topics of its own, with two workers and a mart."""
    from tests.integration.fleet import Fleet

    name = uuid.uuid4().hex[:10]
    environment = {"KAFKA_GROUP_ID": f"workers-{name}", "SOJOURN_TOPICS": f"touchpoints-{name}", "SOJOURN_DEAD_LETTERS_TOPIC": f"dead-letters-{name}"}
    environment |= {"SOJOURN_ALERTS_TOPIC": f"alerts-{name}", "SOJOURN_PARTITIONS": "4", "SOJOURN_WEB_PORT": "0"}
    fleet = Fleet(dir_, {**os.environ, **environment}, dir_.parent / "fleet.log")
    try:
        assert fleet.run("topics", "create").returncode == 0
        fleet.produce(log)
        workers = [fleet.worker("--until-end") for _ in range(2)]
        assert [worker.wait() for worker in workers] == [0, 0], fleet.said()
        fleet.finish()
    finally:
        fleet.end()


def holds(planted: Sequence[Proof], clean: Sequence[Proof]) -> bool:
    """Whether each rule was tried, found everything planted, and nothing on the clean log."""
    return all(proof.planted and proof.recall == 1.0 for proof in planted) and not any(proof.unplanned for proof in clean)


def page(planted: Sequence[Proof], clean: Sequence[Proof]) -> str:
    """Lay the proofs out as a table, with what was missed below it."""
    falsely = {proof.rule: proof.unplanned for proof in clean}
    names = ["rule", "planted", "found", "recall", "unplanned beside", "false on the clean log"]
    rows = [[p.rule, p.planted, p.found, f"{p.recall:.3f}", p.unplanned, falsely[p.rule]] for p in planted]
    missed = [f"{proof.rule} missed {row}" for proof in planted for row in proof.missed[:3]]
    return "\n".join([table(names, rows, 110, right={3}), *missed])


if __name__ == "__main__":
    sys.exit(main())
