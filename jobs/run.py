"""The embedded run: sources → journal → mart → snapshots, in one process and without a broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from jobs.journal.lock import held
from jobs.journal.log import Journal
from jobs.journal.segment import read_segment
from jobs.keeper import SHOWN, Keeper
from jobs.mart.live import LiveMart, Publication
from jobs.sources.source import Payloads, Size, Source, Stopper
from pipelines.partition import Batch
from schemas.journal import Commit
from schemas.journey_map import JourneyMap

TICK_S = 5.0
"""A live source moves ``as_of`` at least this often (seconds)."""
FOLD_S, FOLD_ROWS = 0.5, 500_000
"""The mart folds what was committed after so many seconds or events, whichever comes first."""
SHARE, BACKFILL_SHARE = 10, 50
"""Publishing takes at most one part in so many of the time, while sources are live and while history is read, …"""
ALLOWANCE_S = 0.5
"""… and this much (seconds) beside it, so that the first snapshots and what comes after a silence don't wait."""


@dataclass(frozen=True)
class RunSettings:
    """What a run is asked to do.

    Attributes:
        to: The DIR.
        until_us: Events after this instant are skipped and counted; it is ``as_of``, too.
        horizon_days: Of the churn risk; None lets the data decide.
        batch_rows: The most events of a batch.
        follow: The sources are live: time goes on without events.
    """

    to: Path
    journey_map: JourneyMap
    until_us: int | None = None
    horizon_days: int | None = None
    strict: bool = False
    batch_rows: int = Size.MOST
    follow: bool = False


@dataclass(frozen=True)
class Summary:
    """What a run did, and what DIR holds now.

    Attributes:
        counters: Of this run.
        totals: Of all runs on this DIR.
        seconds: Wall-clock.
        snapshot: The newest snapshot.
        commits: How many commits this run made.
    """

    counters: Mapping[str, int]
    totals: Mapping[str, int]
    seconds: float
    snapshot: Path
    commits: int


@dataclass
class _Run:
    """A run in progress."""

    settings: RunSettings
    keeper: Keeper
    mart: LiveMart
    report: Callable[[str, int], None]
    counters: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    pending: list[tuple[Commit, Mapping[str, pa.Table]]] = field(default_factory=list)
    folded_at: float = field(default_factory=time.monotonic)
    begun_at: float = field(default_factory=time.monotonic)
    published_s: float = 0.0  # what publishing has taken so far
    ticked_at: float = field(default_factory=time.monotonic)
    fresh: bool = True  # something was folded that no snapshot shows

    def read(self, source: Source, stopper: Stopper) -> None:
        """Read a source to its end, or until stopped."""
        name, reached = source.find(self.keeper.sources)
        received = reached.received_us if reached else time.time_ns() // 1000
        size = Size(self.settings.batch_rows)
        for piece in source.read(reached.hi if reached else 0, size, stopper):
            if piece.lines:
                self.take(source, name, piece, received)
                size.grow()
            self.keep_up()
            if stopper.stopped:
                break

    def take(self, source: Source, name: str, piece: Payloads, received_us: int) -> None:
        """Commit one batch."""
        batch = Batch(piece.lines, name, received_us, piece.lo, self.settings.strict, self.keeper.until_us)
        commit, absorbed = self.keeper.commit(batch, name, source.describe(piece.lo, piece, received_us))
        self.pending.append((commit, absorbed.tables))
        self.commits += 1
        for counter, count in absorbed.counters.items():
            self.counters[counter] = self.counters.get(counter, 0) + count
        self.report(source.title, self.counters["read"])

    def keep_up(self) -> None:
        """Let time, the mart and the snapshot follow, each in its own rhythm."""
        now = time.monotonic()
        if self.settings.follow and now - self.ticked_at >= TICK_S:
            self.tick()
        waiting = sum(sum(map(len, tables.values())) for _, tables in self.pending)
        if self.pending and (now - self.folded_at >= FOLD_S or waiting >= FOLD_ROWS):
            self.fold()
        if (
            self.fresh
            and not self.pending
            and self.published_s <= ALLOWANCE_S + (now - self.begun_at) / (SHARE if self.settings.follow else BACKFILL_SHARE)
        ):
            self.publish(final=False)

    def tick(self) -> None:
        """Say that time has come to now − lateness, where no event has said so."""
        self.ticked_at = time.monotonic()
        instant = time.time_ns() // 1000 - self.settings.journey_map.lateness_us
        if self.keeper.latest_us is not None and self.keeper.until_us is None and instant > self.keeper.latest_us:
            self.pending.append((self.keeper.tick(instant), {}))
            self.commits += 1

    def fold(self) -> None:
        """Fold what was committed."""
        if self.pending:
            self.mart.fold(self.pending)
            self.pending, self.fresh = [], True
        self.folded_at = time.monotonic()

    def publish(self, *, final: bool) -> Path:
        """Publish a snapshot."""
        begun = time.monotonic()
        keeper = self.keeper
        path = self.mart.publish(
            Publication(
                as_of_us=keeper.until_us if keeper.until_us is not None else keeper.latest_us or 0,
                published_us=time.time_ns() // 1000,
                segments=_segments(keeper),
                horizon_days=self.settings.horizon_days,
                sources=[(name, source.hi) for name, source in sorted(keeper.sources.items())],
                counters=keeper.counters,
                final=final,
            )
        )
        self.published_s += time.monotonic() - begun
        self.fresh = False
        return path


def run(
    sources: Sequence[Source],
    settings: RunSettings,
    *,
    stopper: Stopper | None = None,
    report: Callable[[str, int], None] = lambda title, count: None,
) -> Summary:
    """Read sources into a DIR, and publish what follows from them.

    Args:
        sources: Read one after the other.
        settings: Where to, with which map.
        stopper: Ends the run after the batch at hand; what was read is committed and published.
        report: Called with what is being done and the number of events read.

    Raises:
        SojournError: a source, the DIR or a setting is wrong; nothing that was committed is lost.
    """
    begun = time.monotonic()
    with held(settings.to):
        journal = Journal(settings.to)
        keeper = Keeper.open(journal, 0, settings.journey_map, settings.until_us, lambda text: report(text, 0))
        mart = LiveMart(settings.to, settings.journey_map)
        running = _Run(settings, keeper, mart, report)
        catch_up(journal, mart, lambda text: report(text, 0))
        for source in sources:
            running.read(source, stopper or Stopper())
        running.fold()
        report("publishing", running.counters.get("read", 0))
        snapshot = running.publish(final=True)
        keeper.close()
        mart.close()
    return Summary(running.counters, dict(keeper.counters), time.monotonic() - begun, snapshot, running.commits)


def catch_up(journal: Journal, mart: LiveMart, progress: Callable[[str], None] = lambda text: None) -> None:
    """Fold the commits that the live mart has not seen."""
    for partition in range(journal.partitions):
        for commit in journal.commits(partition, mart.folded.get(partition, -1)):
            mart.fold([(commit, {segment.table: read_segment(journal.folder, segment) for segment in commit.segments})])
            progress(f"mart rebuilt from the journal: commit {commit.seq:,}")


def _segments(keeper: Keeper) -> dict[str, list[Path]]:
    """Return the files of facts that commit records name, and the empty one of each table."""
    folder = keeper.journal.folder.absolute()
    return {table: [folder / f"{table}.empty.parquet", *(folder / file for file in keeper.segments.get(table, ()))] for table in SHOWN}
