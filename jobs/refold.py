"""The mart of a DIR anew from its journal, in place: what snapshots say follows from the journal alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jobs.journal.lock import held
from jobs.journal.log import Journal
from jobs.run import RunSettings, mart_of, run
from jobs.sources.source import Stopper
from pipelines.judge.shelf import shelf
from schemas.journey_map import JourneyMap


def refold(
    folder: Path, journey_map: JourneyMap, horizon_days: int | None = None, report: Callable[[str, int], None] = lambda title, n: None
) -> Path:
    """Throw the live mart of a DIR away, fold its journal again, publish, and return the snapshot. Older snapshots stay.

    Raises:
        SettingError: the DIR was made with another map.
        JournalError: a run is writing to it.
        MartError: a mart process holds it.
    """
    journal = Journal(folder, None)
    with held(folder):
        mart_of(journal, journey_map).close()  # refuses where another process has it
        (folder / "mart" / "live.duckdb").unlink()
    if not journal.shared:
        return run([], RunSettings(to=folder, journey_map=journey_map, horizon_days=horizon_days), report=report).snapshot
    from jobs.kafka.mart import open_loop

    loop = open_loop(folder, journey_map, horizon_days, Stopper(), patient=False, rules=shelf(journey_map))
    assert loop is not None  # noqa: S101 - only who waits can be told to end
    try:
        return loop.once()
    finally:
        loop.mart.close()
