"""Kill runs while they speak; is anything left unsaid or said twice? `python -m tests.chaos.said --events 100000 --kills 30`."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

from jobs.journal.log import SAID_LOG, Journal
from jobs.journal.segment import read_segment
from jobs.simulate import simulate
from tests.chaos.kills import compared, rows_of

Said = tuple[int, int, str, int | None, int | None]
UNTIL = "2025-12-31"
"""A day after the simulated ones: all is judged at its end, so the clock plays no part."""
LONGEST_S = 60.0
"""A run that says nothing for so long (seconds) is killed all the same."""


def main() -> int:
    """Run from the command line; the exit code is 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-chaos-") as folder:
        wrong = chaos(Path(folder), options.events, options.kills, options.seed)
    return min(1, len(wrong))


def chaos(folder: Path, events: int, kills: int, seed: int, batch_rows: int = 2_000) -> list[str]:
    """Kill so many runs just when they say something, then let one end; return what is wrong (nothing, we hope)."""
    simulate(events, seed, folder)
    source, calm, rough = folder / "events.jsonl", folder / "calm", folder / "rough"
    _run(source, calm, batch_rows).wait()
    random_ = random.Random(seed)
    killed = sum(_killed(source, rough, batch_rows, random_) for _ in range(kills))
    _run(source, rough, batch_rows).wait()
    rows = said(rough)
    wrong = [*broken(rows), *differences(standing(said(calm)), standing(rows)), *compared(rows_of(calm), rows_of(rough))]
    print(
        f"{killed} runs were killed while they spoke; {len(rows):,} rows said about {len({row[1] for row in rows}):,} alerts: {wrong or 'each once'}"
    )
    return wrong


def said(dir_: Path) -> list[Said]:
    """Return number, key, state, beginning and end of all that was said, in the order in which it was."""
    journal, rows = Journal(dir_), list[Said]()
    for commit in journal.commits(SAID_LOG):
        for segment in commit.segments:
            table = read_segment(journal.folder, segment)
            rows += zip(*(table[name].to_pylist() for name in ("seq", "key", "state", "since_us", "until_us")), strict=True)
    return rows


def broken(rows: list[Said]) -> list[str]:
    """Return a line for each number that is not the next one, and for each alert that was not opened first or is told the same twice."""
    wrong = [f"number {at} is {row[0]}" for at, row in enumerate(rows) if row[0] != at]
    for key, told in groupby(sorted(rows, key=itemgetter(1, 0)), key=itemgetter(1)):
        words = [row[2:] for row in told]
        if words[0][0] != "opened" or any(word == before and word[0] != "updated" for before, word in pairwise(words)):
            wrong.append(f"alert {key:016x}: {' → '.join(word[0] for word in words)}")
    return wrong


def standing(rows: list[Said]) -> set[int]:
    """Return the keys whose last state is not retracted."""
    return {key for key, state in {row[1]: row[2] for row in rows}.items() if state != "retracted"}


def differences(expected: set[int], found: set[int]) -> list[str]:
    """Return a line where alerts are missing, and one where there are too many."""
    wrong = {"missing": expected - found, "too many": found - expected}
    return [f"{len(keys)} alerts {what}" for what, keys in wrong.items() if keys]


def _killed(source: Path, dir_: Path, batch_rows: int, random_: random.Random) -> bool:
    """Kill a run that follows the source, soon after it began to say something; say whether it had."""
    before, process = _traces(dir_), _run(source, dir_, batch_rows, "--follow")
    wanted, until = before + random_.randint(1, 4), time.monotonic() + LONGEST_S
    while (there := _traces(dir_)) < wanted and time.monotonic() < until and process.poll() is None:
        time.sleep(0.002)
    time.sleep(random_.choice((0, 0, 0.01, 0.05)))
    process.kill()
    process.wait()
    return there > before


def _traces(dir_: Path) -> int:
    """Count the files of things said, whether a record names them yet or not, and the records."""
    return sum(1 for path in (dir_ / "journal").rglob("*") if "said" in path.parts[-2:-1])


def _run(source: Path, dir_: Path, batch_rows: int, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "jobs.cli", "run", str(source), "--to", str(dir_), "--batch-rows", str(batch_rows), "--until", UNTIL, *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    raise SystemExit(main())
