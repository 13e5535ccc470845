"""The embedded run: sources → journal → mart → snapshots, in one process and without a broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from jobs.journal.lock import held
from jobs.journal.log import Journal
from jobs.journal.shown import Shown, shown
from jobs.keeper import HISTORY_ROWS, JUDGE_ROWS, Keeper
from jobs.mart.bring_up import bring_up
from jobs.mart.live import LiveMart, Publication
from jobs.mart.overall import Overall
from jobs.mart.rhythm import Rhythm
from jobs.mart.say import ROUND, Sayer
from jobs.mart.speak import speak
from jobs.memory import give_back, keep_freed
from jobs.sources.source import Payloads, Size, Source, Stopper
from jobs.upkeep import Housekeeper
from pipelines.judge.rule import Rule
from pipelines.judge.shelf import shelf
from pipelines.partition import Batch
from pipelines.say.vitals import Vitals
from schemas.errors import MartError, SourceError
from schemas.journal import Commit, SourceRange
from schemas.journey_map import JourneyMap

TICK_S = 5.0
"""A live source moves ``as_of`` at least this often (seconds)."""


@dataclass(frozen=True)
class RunSettings:
    """What a run is asked to do.

    Attributes:
        to: The DIR.
        until_us: Events after this instant are skipped and counted; it is ``as_of``, too.
        horizon_days: Of the churn risk; None lets the data decide.
        batch_rows: The most events of a batch.
        follow: The sources are live: time goes on without events, and what there is to say is said at once; else when all is read.
        say_history: Alerts of long ago are sent like new ones.
        rules: What is judged; None stands for the rules that ship, as the map has them.
    """

    to: Path
    journey_map: JourneyMap
    until_us: int | None = None
    horizon_days: int | None = None
    strict: bool = False
    batch_rows: int = Size.MOST
    follow: bool = False
    say_history: bool = False
    rules: Sequence[Rule] | None = None


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


@dataclass(frozen=True)
class Receipt:
    """When the parts of a source were received (design §4: the start of the first run that could have read them; live, when they were read).

    Attributes:
        reached: How far earlier runs had come.
        seen: How long the source is now, at the start of this run.
        started_us: This start.
    """

    reached: SourceRange | None
    seen: int
    started_us: int

    def of(self, hi: int) -> tuple[int, int]:
        """Return for a part that ends at ``hi`` when it was received, and how long the source was then."""
        if self.reached is not None and hi <= self.reached.seen:
            return self.reached.received_us, self.reached.seen
        if hi <= self.seen:
            return self.started_us, self.seen
        return time.time_ns() // 1000, hi


@dataclass
class _Run:
    """A run in progress."""

    settings: RunSettings
    keeper: Keeper
    mart: LiveMart
    sayer: Sayer
    overall: Overall
    shown: Shown
    housekeeper: Housekeeper
    report: Callable[[str, int], None]
    counters: dict[str, int] = field(default_factory=dict)
    commits: int = 0
    pending: list[tuple[Commit, Mapping[str, pa.Table]]] = field(default_factory=list)
    rhythm: Rhythm = field(init=False)
    ticked_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Take the rhythm that the sources ask for."""
        self.rhythm = Rhythm(self.settings.follow)

    def read(self, source: Source, stopper: Stopper) -> None:
        """Read a source to its end, or until stopped."""
        name, reached = source.find(self.keeper.sources)
        receipt = Receipt(reached, source.seen(), time.time_ns() // 1000)
        size = Size(self.settings.batch_rows)
        for piece in source.read(reached.hi if reached else 0, size, stopper):
            if not self.settings.follow:  # what earlier pieces brought: after the last one the run publishes anyhow
                self.keep_up()
            if piece.lines:
                self.take(source, name, piece, receipt)
                size.grow()
            elif self.settings.follow:
                self.tick()
            if self.settings.follow:
                self.keep_up()
            if stopper.stopped:
                break

    def take(self, source: Source, name: str, piece: Payloads, receipt: Receipt) -> None:
        """Commit one batch."""
        received_us, seen = receipt.of(piece.hi)
        batch = Batch(piece.lines, name, received_us, piece.lo, self.settings.strict, self.keeper.until_us)
        reached = msgspec.structs.replace(source.describe(piece.lo, piece, received_us), seen=seen)
        commit, absorbed = self.keeper.commit(batch, name, reached, may_wait=JUDGE_ROWS if self.settings.follow else HISTORY_ROWS)
        self.pending.append((commit, absorbed.tables))
        self.shown.note(commit)
        self.commits += 1
        for counter, count in absorbed.counters.items():
            self.counters[counter] = self.counters.get(counter, 0) + count
        self.report(source.title, self.counters["read"])

    def keep_up(self) -> None:
        """Let time, the mart and the snapshot follow, each in its own rhythm."""
        waiting = sum(sum(map(len, tables.values())) for _, tables in self.pending)
        if self.pending and self.rhythm.folds(waiting, time.monotonic()):
            self.fold(judge=self.settings.follow)
        elif self.sayer.left:
            self.rhythm.fresh = self.say(now=False) > 0 or self.rhythm.fresh
        if not self.pending and self.rhythm.publishes(time.monotonic()):
            self.fold()
            self.publish(final=False)

    def tick(self) -> None:
        """Say, now and then, that time has come to now − lateness, where nothing is left to read and no event has said so."""
        if time.monotonic() - self.ticked_at < TICK_S:
            return
        self.ticked_at = time.monotonic()
        instant = time.time_ns() // 1000 - self.settings.journey_map.lateness_us
        if self.keeper.latest_us is not None and self.keeper.until_us is None and instant > self.keeper.latest_us:
            commit = self.keeper.tick(instant)
            self.pending.append((commit, {}))
            self.shown.note(commit)
            self.commits += 1

    def fold(self, *, judge: bool = True) -> None:
        """Fold what was committed, and how it was judged."""
        if judge and (judged := self.keeper.judge()) is not None:
            self.pending.append(judged)
            self.shown.note(judged[0])
        if not self.pending:
            return
        with mart_errors():
            self.mart.fold(self.pending)
        told = any(commit.segments for commit, _ in self.pending)
        for _, tables in self.pending:
            self.sayer.note(tables)
            self.overall.note(tables)
        self.pending = []
        if self.settings.follow:
            told = self.say(now=False) > 0 or told
        self.rhythm.folded(time.monotonic(), told=told)

    def say(self, *, now: bool) -> int:
        """Say what there is to say, and return in how many rows. ``now``: what the rules of several customers find is due in any case."""
        as_of_us = self.as_of_us
        if as_of_us is None:
            return 0
        with mart_errors():
            return speak(self.sayer, self.overall, self.shown.files, lambda: self._say(as_of_us, None if now else ROUND), now=now)

    def _say(self, as_of_us: int, at_most: int | None) -> int:
        return self.sayer.say(as_of_us, time.time_ns() // 1000, self.vitals() if self.settings.follow else None, at_most=at_most)

    def vitals(self) -> Vitals:
        """Return what this run knows of itself."""
        counters, lateness_us = self.keeper.counters, self.settings.journey_map.lateness_us
        return Vitals(
            now_us=time.time_ns() // 1000,
            time_us=None if self.keeper.until_us is not None or self.keeper.latest_us is None else self.keeper.latest_us + lateness_us,
            read=counters.get("read", 0),
            dead_letters=counters.get("dead_letters", 0),
            published_us=self.mart.published_us,
            fresh=self.rhythm.fresh,
        )

    @property
    def as_of_us(self) -> int | None:
        """The instant at which states hold; None before the first event."""
        return self.keeper.until_us if self.keeper.until_us is not None else self.keeper.latest_us

    def publish(self, *, final: bool) -> Path:
        """Publish a snapshot."""
        self.housekeeper.look(self.shown.count())
        begun = time.monotonic()
        keeper = self.keeper
        publication = Publication(
            as_of_us=self.as_of_us or 0,
            published_us=time.time_ns() // 1000,
            segments=self.shown.files(),
            horizon_days=self.settings.horizon_days,
            sources=[(name, source.hi) for name, source in sorted(keeper.sources.items())],
            counters=keeper.counters,
            final=final,
            last=final,
            fits=self.settings.follow,  # of history that is half read they would be of old times, and cost as much as all else of a publication
        )
        with mart_errors():
            path = self.mart.publish(publication)
        self.rhythm.published(begun, time.monotonic())
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
    keep_freed()
    rules = shelf(settings.journey_map) if settings.rules is None else settings.rules
    with held(settings.to), mart_errors():
        journal = Journal(settings.to)
        keeper = Keeper.open(journal, 0, settings.journey_map, settings.until_us, lambda text: report(text, 0), rules=rules)
        mart = mart_of(journal, settings.journey_map)
        bring_up(journal, mart, lambda text: report(text, 0))
        sayer = Sayer(journal, mart, settings.journey_map, rules, history=settings.say_history)
        files = shown(journal, journal.commits(0))
        overall = Overall.over(mart, settings.journey_map, rules, files.files())
        running = _Run(settings, keeper, mart, sayer, overall, files, Housekeeper(journal.dir), report)
        failure = _read_all(running, sources, stopper or Stopper())
        running.fold()
        keeper.cache.rest()  # what follows is the mart's: memory that is mapped for the state, or kept for batches, need not stand beside it
        give_back()
        running.say(now=True)
        report("publishing", running.counters.get("read", 0))
        snapshot = running.publish(final=True)  # closes the mart
        running.housekeeper.close()
        keeper.close()
    if failure is not None:
        raise failure
    return Summary(running.counters, dict(keeper.counters), time.monotonic() - begun, snapshot, running.commits)


def _read_all(running: _Run, sources: Sequence[Source], stopper: Stopper) -> SourceError | None:
    """Read all sources; one that fails ends it, but what was read before is published like any other."""
    try:
        for source in sources:
            running.read(source, stopper)
            while source.rotated and not stopper.stopped:  # another file stands in its place
                running.read(source, stopper)
    except SourceError as error:
        return error
    return None


def mart_of(journal: Journal, journey_map: JourneyMap) -> LiveMart:
    """Open the live mart; one that has folded commits which the journal does not hold (it came from a backup), or only a part, is thrown away."""
    mart = LiveMart(journal.dir, journey_map)
    if mart.whole and all(journal.holds(partition, seq, mart.folded_by.get(partition, "")) for partition, seq in mart.folded.items()):
        return mart
    mart.close()
    (journal.dir / "mart" / "live.duckdb").unlink()
    return LiveMart(journal.dir, journey_map)


@contextmanager
def mart_errors() -> Iterator[None]:
    """Say in one sentence that the mart's engine failed: the journal has everything."""
    try:
        yield
    except duckdb.Error as error:
        raise MartError(f"the mart failed: {error}; nothing is lost, the next run goes on from the journal") from error
