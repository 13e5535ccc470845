"""What a run costs, part by part: `python -m tests.bench.whole --sizes 1000000,4000000,10000000 --batches 250000,10000`.

Figures are CPU µs an event (user + system, children included) of one process that reads simulated JSON lines; wall-clock is said beside them.
No figure here is a test: machines differ, ratios tell.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.start import seldom_look

PARTS = ("decode", "identify, key", "append, gather, kernel", "judge", "journal", "fold", "judge all", "say", "publish")


def main() -> None:
    """Measure each size and batch in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000000,4000000,10000000")
    parser.add_argument("--batches", default="250000,10000")
    parser.add_argument("--one", nargs=3, metavar=("FILE", "DIR", "BATCH"))
    options = parser.parse_args()
    if options.one:
        seldom_look()  # as the program does
        print(json.dumps(measure(Path(options.one[0]), Path(options.one[1]), int(options.one[2]))))
        return
    with tempfile.TemporaryDirectory(prefix="sojourn-bench-") as folder:
        report(Path(folder), [int(n) for n in options.sizes.split(",")], [int(n) for n in options.batches.split(",")])


def report(folder: Path, sizes: list[int], batches: list[int]) -> None:
    """Simulate each size, run it in each batch size, print."""
    from jobs.simulate import simulate

    head = (
        f"{'events':>11} {'batch':>8} | "
        + " | ".join(f"{part:>12}" for part in PARTS)
        + f" | {'rest':>6} | {'µs/event':>8} | {'events/s a core':>15} | {'wall s':>7} | {'rows read/ev':>12} | {'peak MiB':>8}"
    )
    print(head, "-" * len(head), sep="\n", flush=True)
    for events in sizes:
        simulate(events, 1, folder / str(events))
        for batch in batches:
            out = folder / f"out-{events}-{batch}"
            command = [sys.executable, "-m", "tests.bench.whole", "--one", str(folder / str(events) / "events.jsonl"), str(out), str(batch)]
            print(line(events, batch, json.loads(subprocess.run(command, check=True, capture_output=True).stdout.splitlines()[-1])), flush=True)
            subprocess.run(["rm", "-rf", str(out)], check=True)
        subprocess.run(["rm", "-rf", str(folder / str(events))], check=True)


def line(events: int, batch: int, found: dict[str, Any]) -> str:
    """Return one line of the table."""
    each = {part: found["parts"].get(part, 0.0) / events * 1e6 for part in PARTS}
    whole = found["cpu_s"] / events * 1e6
    shown = " | ".join(f"{each[part]:12.2f}" for part in PARTS)
    rows = found["counters"]["rows_read"] / events
    said = f"{whole - sum(each.values()):6.2f} | {whole:8.2f} | {1e6 / whole:15,.0f} | {found['wall_s']:7.1f}"
    return f"{events:11,} {batch:8,} | {shown} | {said} | {rows:12.2f} | {found['peak_mib']:8,.0f}"


def measure(file: Path, to: Path, batch: int) -> dict[str, Any]:
    """Run once in this process, with a stopwatch around each part."""
    import jobs.keeper
    import jobs.mart.live_file
    import jobs.run
    import pipelines.facts
    import pipelines.partition
    from jobs.mart.live import LiveMart
    from jobs.mart.overall import Overall
    from jobs.mart.say import Sayer
    from jobs.sources.jsonl import JsonLines
    from schemas.journey_map import default_map

    parts: dict[str, float] = {}
    watched(parts, "decode", pipelines.partition, "decode")
    watched(parts, "decode", pipelines.partition, "extract")
    watched(parts, "identify, key", pipelines.partition, "identify")
    watched(parts, "identify, key", pipelines.facts, "keys")
    watched(parts, "absorbed", pipelines.partition.Partition, "absorb")
    watched(parts, "judge", pipelines.partition.Partition, "_judged")
    watched(parts, "judge later", jobs.keeper.Keeper, "judge")
    watched(parts, "judge all", Overall, "judge")
    watched(parts, "say", Sayer, "say")
    watched(parts, "journal", jobs.keeper, "write_segments")
    watched(parts, "journal", jobs.journal.log.Journal, "append")  # type: ignore[attr-defined]
    watched(parts, "fold", LiveMart, "fold")
    watched(parts, "publish", LiveMart, "publish")
    watched(parts, "publish", jobs.mart.live_file, "part")  # the copy that the last publication of the run before left to whoever comes next
    wall, before = time.perf_counter(), cpu()
    summary = jobs.run.run([JsonLines(file)], jobs.run.RunSettings(to=to, journey_map=default_map(), batch_rows=batch))
    parts["append, gather, kernel"] = parts.pop("absorbed") - parts["decode"] - parts["identify, key"] - parts["judge"]
    parts["judge"] += parts.pop("judge later")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "parts": parts,
        "cpu_s": cpu() - before,
        "process_cpu_s": cpu(),
        "wall_s": time.perf_counter() - wall,
        "peak_mib": peak,
        "counters": dict(summary.counters),
    }


def watched(parts: dict[str, float], part: str, owner: Any, name: str) -> None:
    """Put a stopwatch around a function: CPU seconds of this process and its children, added to a part."""
    inner: Callable[..., Any] = getattr(owner, name)

    def outer(*args: Any, **kwargs: Any) -> Any:
        begun = cpu()
        try:
            return inner(*args, **kwargs)
        finally:
            parts[part] = parts.get(part, 0.0) + cpu() - begun

    setattr(owner, name, outer)


def cpu() -> float:
    """Return the CPU seconds of this process and its ended children."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    main()
