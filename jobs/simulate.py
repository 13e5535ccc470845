"""Writes a simulated log and the truth about it: ``DIR/events.jsonl`` in the order of arrival, and ``DIR/truth/*.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pipelines.simulate import Simulation
from pipelines.simulate import simulate as prepare
from pipelines.simulate.truth import Row
from schemas.errors import SettingError


@dataclass(frozen=True)
class SimulationSummary:
    """What was written, and where it lies."""

    events_path: Path
    truth_path: Path
    events: int
    unique: int
    copies: int
    conflicting: int
    late: int
    days: float
    situations: int
    incidents: int


def simulate(events: int, seed: int, to: Path, progress: Callable[[int], None] | None = None, *, clean: bool = False) -> SimulationSummary:
    """Write a log of exactly `events` lines and its truth; the same (events, seed, clean) gives the same bytes.

    Args:
        events: Lines to write, copies included; at least 1,000.
        seed: A whole number from 0.
        to: The folder; it is made where it is missing, and its earlier simulation is replaced.
        progress: Called after each block with the number of lines written so far.
        clean: Plant nothing: no incident, no bad journey.

    Raises:
        SettingError: Too few events, or a negative seed.
    """
    try:
        run = prepare(events, seed, clean=clean)
    except ValueError as error:
        raise SettingError(f"simulate: {error}") from None
    truth = to / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    _write_events(run, to / "events.jsonl", progress)
    rows = {name: _write_truth(truth / name, told) for name, told in run.truth_files()}
    counts = run.counts
    days = round((run.end - run.begin) / 86_400_000, 3)
    told = (rows["situations.json"], rows["incidents.json"])
    return SimulationSummary(to / "events.jsonl", truth, counts.events, counts.unique, counts.copies, counts.conflicting, counts.late, days, *told)


def _write_events(run: Simulation, path: Path, progress: Callable[[int], None] | None) -> None:
    with path.open("wb") as file:
        for block in run.blocks():
            file.write(block.lines)
            if progress is not None:
                progress(run.counts.events)


def _write_truth(path: Path, rows: Iterator[Row]) -> int:
    """Write rows one a line as a JSON array (`counts.json` is one object); return how many."""
    encode = msgspec.json.Encoder().encode
    count = 0
    with path.open("wb") as file:
        if path.name == "counts.json":
            file.write(msgspec.json.format(encode(next(rows)), indent=2) + b"\n")
            return 1
        for count, row in enumerate(rows, 1):
            file.write((b"[" if count == 1 else b",\n") + encode(row))
        file.write(b"]\n" if count else b"[]\n")
    return count
