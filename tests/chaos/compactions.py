"""Kill compactions at random moments, beside a run that commits and a reader: `python -m tests.chaos.compactions --events 100000 --kills 20`."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from jobs.check import check_all
from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.journal.segment import read_segment
from jobs.run import RunSettings, run
from jobs.simulate import simulate
from jobs.sources.jsonl import JsonLines
from jobs.upkeep import keep
from schemas.journey_map import default_map
from tests.chaos.kills import compared, rows_of

_COMPACT = "import sys; from pathlib import Path; from jobs.upkeep import keep; keep(Path(sys.argv[1]), grace_s=1, fresh_s=1)"
LONGEST_S = 1.5
"""A compaction is left so long at most (seconds): it takes about half of this to begin."""


def main() -> int:
    """Run from the command line; the exit code is 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sojourn-chaos-") as folder:
        differences = chaos(Path(folder), options.events, options.kills, options.seed)
    print(differences or "all pure tables are equal, and all checks well")
    return min(1, len(differences))


def chaos(folder: Path, events: int, kills: int, seed: int) -> list[str]:
    """Kill so many compactions while one run commits over and over; return what differs from an undisturbed run (nothing, we hope)."""
    simulate(events, seed, folder)
    source, calm, rough = JsonLines(folder / "events.jsonl"), folder / "calm", folder / "rough"
    run([source], RunSettings(to=calm, journey_map=default_map()))
    random_, ended, troubles = random.Random(seed), threading.Event(), list[str]()
    rows = max(1, events // (20 * kills))
    writer = threading.Thread(target=lambda: (run([source], RunSettings(to=rough, journey_map=default_map(), batch_rows=rows)), ended.set()))
    reader = threading.Thread(target=lambda: _read(rough, ended, troubles))
    writer.start()
    reader.start()
    done = sum(_killed(rough, random_.uniform(0.3, LONGEST_S)) for _ in range(kills))
    writer.join()
    reader.join()
    keep(rough, grace_s=0, fresh_s=0)
    base = Journal(rough).bases.newest(0)
    made = f"{base.generation + 1} base records of {base.seq + 1} commits" if base else "no base record"
    print(f"{done} of {kills} compactions were killed; {made}")
    wrong = [f"{check.says}: {finding}" for check in check_all(rough) for finding in check.findings]
    (rough / "mart" / "live.duckdb").unlink()
    return [*troubles, *wrong, *compared(rows_of(calm), rows_of(rough)), *(f"rebuilt: {line}" for line in _rebuilt(calm, rough))]


def _rebuilt(calm: Path, rough: Path) -> list[str]:
    run([], RunSettings(to=rough, journey_map=default_map()))
    return compared(rows_of(calm), rows_of(rough))


def _killed(dir_: Path, after_s: float) -> bool:
    """Start a compaction and kill it after a while; return whether it still ran."""
    process = subprocess.Popen([sys.executable, "-c", _COMPACT, str(dir_)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _read(dir_: Path, ended: threading.Event, troubles: list[str]) -> None:
    """Read the whole journal over and over: facts never become fewer."""
    before = 0
    while not ended.is_set():
        if not (dir_ / "format").exists():
            continue
        try:
            with reading(dir_):
                journal = Journal(dir_, None)
                named = [segment for commit in journal.commits(0) for segment in commit.segments if segment.table == "touchpoints"]
                found = sum(len(read_segment(journal.folder, segment, ["key"])) for segment in named)
        except Exception as error:  # whatever it is, it must not be
            troubles.append(f"a reader failed: {error!r}")
            return
        if found < before:
            troubles.append(f"a reader saw {before:,} touchpoints, and then {found:,}")
        before = found


if __name__ == "__main__":
    raise SystemExit(main())
