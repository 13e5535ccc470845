"""``sojourn mart``: follows the journals of all partitions, folds what they say, and publishes snapshots."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.journal.shown import Shown
from jobs.kafka.standing import Standing
from jobs.mart.bring_up import hear_all, parts_of, tables_of
from jobs.mart.live import LiveMart, Publication
from jobs.mart.overall import Overall
from jobs.mart.rhythm import FOLD_ROWS, Rhythm
from jobs.mart.say import ROUND, Sayer
from jobs.mart.speak import speak
from jobs.run import mart_of
from jobs.sources.source import Stopper
from jobs.upkeep import Housekeeper
from pipelines.judge.rule import Rule
from pipelines.say.vitals import Vitals
from schemas.errors import CompactedError, JournalError, SettingError
from schemas.journal import Base, Commit
from schemas.journey_map import JourneyMap

LOOK_S = 0.1
"""How often the logs are looked at (seconds)."""
REST_S = 15.0
"""Memory is given back this often (seconds)."""
WATCH_S = 5.0
"""How often the workers' health is looked at, where they commit nothing (seconds)."""
DRAINED_S = 2.0
"""So long after the last event, with none unread, the mart counts as drained: estimates are fitted anew."""


@dataclass
class MartLoop:
    """The one writer of the mart of a DIR of workers.

    Attributes:
        folded: Commits folded since the start.
        published: The newest snapshot, None before the first.
        as_of_us: What it is as of; never goes back.
    """

    journal: Journal
    mart: LiveMart
    journey_map: JourneyMap
    sayer: Sayer
    overall: Overall
    horizon_days: int | None = None
    standing: Standing = field(init=False)
    shown: Shown = field(init=False)
    housekeeper: Housekeeper = field(init=False)
    folded: int = 0
    published: Path | None = None
    as_of_us: int | None = None
    _pending: list[tuple[Commit, Mapping[str, pa.Table]]] = field(default_factory=list)
    _rows: int = 0
    _rhythm: Rhythm = field(default_factory=lambda: Rhythm(live=True))
    _came_at: float = field(default_factory=time.monotonic)
    _settled: bool = False  # the newest snapshot was made of a drained journal
    _said_at: float = field(default_factory=time.monotonic)
    _rested_at: float = field(default_factory=time.monotonic)
    _caught_up: bool = False  # all records were read once: until then what holds now is not known

    def __post_init__(self) -> None:
        """Begin before the first record; what was folded before is passed over."""
        self.standing, self.shown = Standing.of(self.journal.partitions), Shown(self.journal)
        self.housekeeper = Housekeeper(self.journal.dir)
        self.as_of_us = self.mart.as_of_us

    def follow(self, stopper: Stopper, report: Callable[[MartLoop], None] = lambda loop: None) -> None:
        """Go on until told to end."""
        while not stopper.stopped:
            if not self.read(stopper):
                self._caught_up = True
                stopper.wait(LOOK_S)
            self.keep_up()
            self.watch()
            if time.monotonic() - self._rested_at >= REST_S:
                self.rest()
            report(self)
        self.fold()
        if self._rhythm.fresh:
            self.publish(final=False)
        self.housekeeper.close()

    def once(self) -> Path:
        """Fold what the journals hold now, publish it, and return the snapshot."""
        while self.read(Stopper()):
            self.fold()
        self.fold()
        self.say(now=True)
        return self.publish(final=True)

    def read(self, stopper: Stopper) -> bool:
        """Read new records, about as many as one fold takes; return whether there were any."""
        found = False
        for number, one in enumerate(self.standing.partitions):
            for commit in self.journal.commits(number, one.seq):
                self._take(commit)
                found = True
                if stopper.stopped:
                    return found
        return found

    def keep_up(self) -> None:
        """Fold and publish, each in its own rhythm."""
        if self._pending and self._rhythm.folds(self._rows, time.monotonic()):
            self.fold()
        if self._pending:
            return
        now = time.monotonic()
        settles = not self._settled and self.standing.drained and now - self._came_at >= DRAINED_S
        if self._rhythm.publishes(now) or (settles and self._rhythm.affords(now)):
            if settles:
                self.say(now=True)
            self.publish(final=settles)

    def fold(self) -> None:
        """Fold what was read."""
        if not self._pending:
            return
        self.mart.fold(self._pending)
        self.folded += len(self._pending)
        for _, tables in self._pending:
            self.sayer.note(tables)
            self.overall.note(tables)
        told = self._rows > 0
        self._pending, self._rows = [], 0
        if self._caught_up:
            told = self.say(now=False) > 0 or told
        self._rhythm.folded(time.monotonic(), told=told)
        self.housekeeper.look(self.shown.count())

    def say(self, *, now: bool) -> int:
        """Say what there is to say, and return in how many rows. ``now``: what the rules of several customers find is due in any case."""
        self._advance()
        if self.as_of_us is None:
            return 0
        self._said_at = time.monotonic()
        return speak(self.sayer, self.overall, self.shown.files, lambda: self._say(None if now else ROUND), now=now)

    def _say(self, at_most: int | None) -> int:
        vitals = self.vitals() if self._caught_up else None
        return self.sayer.say(self.as_of_us or 0, time.time_ns() // 1000, vitals, at_most=at_most)

    def vitals(self) -> Vitals:
        """Return what this loop knows of itself and of its workers."""
        return Vitals(
            now_us=time.time_ns() // 1000,
            time_us=None if self.as_of_us is None else self.as_of_us + self.journey_map.lateness_us,
            read=self.standing.counters["read"],
            dead_letters=self.standing.counters["dead_letters"],
            published_us=self.mart.published_us,
            fresh=self._rhythm.fresh,
        )

    def watch(self) -> None:
        """Say, now and then, what there is to say though no commit came: workers that are gone make none."""
        due = self.sayer.left or time.monotonic() - self._said_at >= WATCH_S
        if self._caught_up and not self._pending and due and self.say(now=False):
            self._rhythm.fresh = True

    def rest(self) -> None:
        """Give memory back: between snapshots the engine would keep all that it has read of a file that grows."""
        self.mart.rest()
        self._rested_at = time.monotonic()

    def publish(self, *, final: bool) -> Path:
        """Publish a snapshot."""
        begun = time.monotonic()
        self._advance()
        self.published = self.mart.publish(
            Publication(
                as_of_us=self.as_of_us or 0,
                published_us=time.time_ns() // 1000,
                segments=self.shown.files(),
                horizon_days=self.horizon_days,
                sources=self.standing.read_up_to(),
                counters=dict(self.standing.counters),
                final=final,
            )
        )
        self.rest()
        self._rhythm.published(begun, time.monotonic())
        self._settled = self._settled or final
        return self.published

    def _advance(self) -> None:
        """Move ``as_of`` on; it never goes back."""
        instants = [instant for instant in (self.as_of_us, self.standing.as_of_us()) if instant is not None]
        self.as_of_us = max(instants, default=None)

    def _take(self, commit: Commit) -> None:
        """Take in a record; its tables are read only if they are not folded yet."""
        if commit.map_digest != self.journey_map.digest:
            raise SettingError(f"{self.journal.dir} was made with another journey map (digest {commit.map_digest[:8]}); give that map")
        self.standing.note(commit)
        self.shown.note(commit)
        folded = self.mart.folded.get(commit.partition, -1)
        if commit.seq <= folded:
            return
        if not isinstance(commit, Base):
            self._pend(commit)
            return
        with reading(self.journal.dir):
            if folded < 0:
                self.mart.load(commit, parts_of(self.journal, commit))
                self.sayer.doubt()
                self.overall.doubt()
                self._came_at, self._settled, self._rhythm.fresh = time.monotonic(), False, True
            else:  # it was compacted while this mart stood still; what it needs was kept for it
                for seq in range(folded + 1, commit.seq + 1):
                    self._pend(self._needed(commit.partition, seq))

    def _pend(self, commit: Commit) -> None:
        tables = tables_of(self.journal, commit)
        self._pending.append((commit, tables))
        if tables:
            self._rows += sum(map(len, tables.values()))
            self._came_at, self._settled = time.monotonic(), False
        if self._rows >= FOLD_ROWS:
            self.fold()

    def _needed(self, partition: int, seq: int) -> Commit:
        commit = self.journal.record(partition, seq)
        if commit is None:
            raise CompactedError(f"commit {seq} of partition {partition} of {self.journal.dir} was compacted; start the mart again, it begins anew")
        return commit


def open_loop(
    to: Path,
    journey_map: JourneyMap,
    horizon_days: int | None,
    stopper: Stopper,
    *,
    patient: bool,
    history: bool = False,
    rules: Sequence[Rule] = (),
) -> MartLoop | None:
    """Open the mart of a DIR of workers.

    Args:
        to: The DIR.
        journey_map: The map that it is made with.
        horizon_days: Of the churn risk; None lets the data decide.
        stopper: Ends the waiting.
        patient: Wait until workers have made the DIR.
        rules: What is judged.
        history: Alerts of long ago are sent like new ones.

    Returns:
        None where it was told to end while waiting.

    Raises:
        JournalError: it is no DIR of workers.
        MartError: another mart process holds it.
    """
    while patient and not (to / "format").exists():
        if stopper.stopped:
            return None
        stopper.wait(LOOK_S)
    journal = Journal(to, None)
    if not journal.shared:
        raise JournalError(f"{to} was made by sojourn run, which publishes its mart itself; sojourn mart is for a DIR of workers")
    mart = mart_of(journal, journey_map)
    hear_all(journal, mart)
    overall = Overall.over(mart, journey_map, rules, Shown(journal).files())
    return MartLoop(journal, mart, journey_map, Sayer(journal, mart, journey_map, rules, history=history), overall, horizon_days)
