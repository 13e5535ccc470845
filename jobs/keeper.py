"""The keeper of one partition: its state, its place in the journal, and the commits that move both on together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow as pa

from jobs.courts import court_of
from jobs.journal.cache import Cache, lexicon_of, meta_of
from jobs.journal.durable import boot_time, unique_name
from jobs.journal.log import Journal
from jobs.journal.readers import reading
from jobs.journal.recall import Recall
from jobs.journal.segment import write_segments
from pipelines.judge.judge import Judge
from pipelines.judge.rule import Rule
from pipelines.lexicon import Lexicon
from pipelines.partition import Absorbed, Batch, Partition
from pipelines.state import State
from pipelines.table import engine
from schemas.errors import CompactedError, JournalError, SettingError
from schemas.journal import Commit, SourceRange
from schemas.journey_map import JourneyMap
from schemas.touchpoint import VERSION

RETRIES_S = (0.1, 0.5, 2.0)
"""How long to wait (seconds) before each new try of a write that failed."""
JUDGE_ROWS = 1 << 18
"""Small batches are judged together, up to so many rows that changed."""
HISTORY_ROWS = 1 << 21
"""Up to so many while history is read: what a customer has within reach is judged once for all of them."""
REST_ROWS = 1 << 17
"""After so many new rows the mapped state is handed back to the system's cache: each old row that is read brings the 64 KiB around it."""
T = TypeVar("T")
log = logging.getLogger(__name__)
SLOW_S = 30.0
"""After so long (seconds) files that no record names yet are made young again, so that no sweep takes them for orphans."""


@dataclass
class Keeper:
    """A partition that is open for writing.

    Attributes:
        seq: The last commit, -1 where there is none.
        sources: How far each source was read.
        counters: Totals over all commits.
        latest_us: The greatest event time, or the last tick beyond it; None before the first event.
        until_us: What ``--until`` said when the first commit was made.
        rules: The digests of the rules that the intervals were made by.
        writer: The name of this keeper in the journal; no other one has it.
    """

    journal: Journal
    number: int
    partition: Partition
    cache: Cache
    seq: int = -1
    sources: dict[str, SourceRange] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    latest_us: int | None = None
    until_us: int | None = None
    rules: dict[str, str] = field(default_factory=dict)
    writer: str = field(default_factory=unique_name)
    _rested: int = 0
    _last_writer: str = ""
    _watched: int = 0
    _refused: set[str] = field(default_factory=set)
    _rows: int = 0

    @classmethod
    def open(
        cls,
        journal: Journal,
        number: int,
        journey_map: JourneyMap,
        until_us: int | None,
        progress: Callable[[str], None] = lambda text: None,
        *,
        folder: Path | None = None,
        rules: Sequence[Rule] = (),
    ) -> Keeper:
        """Open a partition: from its cache where that was closed in order, else from the facts of the journal.

        Args:
            journal: Of the DIR.
            number: Of the partition.
            journey_map: The map that the DIR is made with.
            until_us: Events after this instant are skipped.
            progress: Told how far the state is rebuilt.
            folder: Of the cache; None = inside DIR.
            rules: Those of scope customer judge what comes; new and changed ones all that is stored, at once.

        Raises:
            SettingError: the DIR was made with another map or another ``--until``.
            RuleError: a rule is wrong.
        """
        first = next(journal.commits(number), None)
        if first is not None:
            _agree(first, journey_map, until_us, journal.dir)
            until_us = first.until_us
        cache = Cache(folder or journal.dir / "state" / str(number))
        meta = cache.take(journey_map.digest)
        if meta is not None and journal.holds(number, meta.seq, meta.writer) and (meta.watched or not rules):
            lexicon = lexicon_of(meta, journey_map)
            state = State(cache.allocator(), meta.size, cache.rest_of)
            partition = Partition(lexicon, state, engine(), dict(meta.newest), judge=judge_of(rules, lexicon))
            partition.watch(meta.watched)
            partition.await_judgement(meta.unjudged)
            keeper = cls(
                journal,
                number,
                partition,
                cache,
                meta.seq,
                dict(meta.sources),
                dict(meta.counters),
                meta.latest_us,
                until_us,
                dict(meta.rules),
                _rested=meta.size.rows,
                _last_writer=meta.writer,
                _watched=meta.watched,
                _rows=meta.size.rows,
            )
        else:
            cache.clear()
            keeper = cls(journal, number, _fresh(journey_map, rules, cache), cache, until_us=until_us)
        keeper.catch_up(progress)
        keeper.rejudge(progress)
        return keeper

    def commit(self, batch: Batch, name: str, source: SourceRange, *, may_wait: int = 0) -> tuple[Commit, Absorbed]:
        """Absorb a batch and make it visible together with how far its source was read.

        Up to ``may_wait`` rows need not be judged yet: ``judge`` follows before anything is said or shown.
        """
        waits = self.seq >= 0 and self.partition.waiting + len(batch.payloads) < may_wait
        absorbed = self.partition.absorb(batch, judge=not waits)
        return self.write(absorbed, {name: source}), absorbed

    def _refusals(self) -> dict[str, int]:
        """Return a counter for each rule of a user that was refused since the last commit, and tell of it."""
        refused = self.partition.judge.refused if self.partition.judge else {}
        news = {name: text for name, text in refused.items() if name not in self._refused}
        for text in news.values():
            log.warning("%s; it is run no more until the next start, and has no breaches", text)
        self._refused |= news.keys()
        return {f"rule_refused:{name}": 1 for name in news}

    def write(self, absorbed: Absorbed, sources: dict[str, SourceRange]) -> Commit:
        """Make visible what was absorbed. Fails it, then this keeper holds more than the journal: open another one.

        Raises:
            FencedError: another process has made this commit.
            JournalError: the disk refuses it to the end.
        """
        newest = {name: self.partition.newest[name] for name in sources if name in self.partition.newest}
        return self._write(absorbed.tables, absorbed.counters, sources, newest, absorbed.earliest, absorbed.latest, None)

    def judge(self) -> tuple[Commit, Mapping[str, pa.Table]] | None:
        """Commit the judgement of what was not judged yet; None where all was."""
        if not self.partition.waiting:
            return None
        found = self.partition.judge_waiting()
        tables = {} if found is None else {"intervals": found}
        return self._write(tables, {}, {}, {}, None, None, None), tables

    def tick(self, instant_us: int | None, sources: dict[str, SourceRange] | None = None) -> Commit:
        """Commit nothing but that time has come this far, or how far sources stand."""
        return self._write({}, {}, sources or {}, {}, None, None, instant_us)

    def rejudge(self, progress: Callable[[str], None] = lambda text: None) -> None:
        """Bring the intervals up to the rules, where those that they were made by were others, and commit what that changes."""
        judge = self.partition.judge
        if self.seq >= 0:
            self.judge()
        if judge is None or self.rules == judge.digests:
            return
        for table in self.partition.rejudge(self.rules) if self.seq >= 0 else ():
            progress("judging what is stored by rules that are new or changed")
            self._write({"intervals": table}, {}, {}, {}, None, None, None)
        self.rules = judge.digests
        if self.seq >= 0:
            self._write({}, {}, {}, {}, None, None, None)

    def close(self) -> None:
        """Keep the state for the next run."""
        self.cache.keep(
            meta_of(
                self.partition.lexicon,
                self.partition.state,
                self.seq,
                self._last_writer,
                self.sources,
                self.partition.newest,
                self.counters,
                self.latest_us,
                self.until_us,
                self.rules,
                self._watched_now(),
                self.partition.unjudged,
            )
        )

    def _write(
        self,
        tables: Mapping[str, pa.Table],
        counters: Mapping[str, int],
        sources: dict[str, SourceRange],
        newest: dict[str, int],
        earliest: int | None,
        latest: int | None,
        tick: int | None,
    ) -> Commit:
        seq = self.seq + 1
        stem = f"{self.number}-{seq:012}-{self.writer}"
        begun = boot_time()
        segments = persistently(lambda: write_segments(self.journal.folder, tables, stem))
        commit = Commit(
            partition=self.number,
            seq=seq,
            writer=self.writer,
            sources=sources,
            segments=segments,
            counters={**counters, **self._refusals()},
            newest=newest,
            map_digest=self.partition.journey_map.digest,
            schema_version=VERSION,
            earliest_us=earliest,
            latest_us=latest,
            tick_us=tick,
            until_us=self.until_us,
            judged=not self.partition.waiting,
            rules=self._standing_rules(),
        )
        if boot_time() - begun > SLOW_S:  # stopped or asleep meanwhile
            segments = persistently(lambda: write_segments(self.journal.folder, tables, stem))
        persistently(lambda: self.journal.append(commit))
        self._note(commit)
        self._rest()
        return commit

    def _watched_now(self) -> int:
        """Return the roles that stored rows are linked for, as bits; 0 where events came that nobody judged."""
        if self.partition.judge is not None:
            return self.partition.judge.watched
        return self._watched if self.partition.state.rows.size == self._rows else 0

    def _standing_rules(self) -> dict[str, str]:
        """Return the digests of the rules that the intervals are made by; one that was refused meanwhile has none."""
        refused = self.partition.judge.refused if self.partition.judge else {}
        return {name: "refused" if name in refused else digest for name, digest in self.rules.items()}

    def _note(self, commit: Commit) -> None:
        self.seq, self._last_writer, self.rules = commit.seq, commit.writer, commit.rules
        self.sources |= commit.sources
        for name, count in commit.counters.items():
            self.counters[name] = self.counters.get(name, 0) + count
        seen = [time for time in (self.latest_us, commit.latest_us, commit.tick_us) if time is not None]
        self.latest_us = max(seen, default=None)

    def _rest(self) -> None:
        rows = self.partition.state.size.rows
        if rows - self._rested >= REST_ROWS:
            self._rested = rows
            self.cache.rest()

    def catch_up(self, progress: Callable[[str], None] = lambda text: None) -> None:
        """Read what the journal holds beyond what is held here: since the cache was kept, or because others made commits meanwhile."""
        try:
            self._read_on(progress)
        except CompactedError:
            self._begin_anew()
            self._read_on(progress)

    def _read_on(self, progress: Callable[[str], None]) -> None:
        unjudged, stood = self.partition.unjudged, self.partition.state.rows.size

        def told(restored: int) -> None:
            self._rest()
            if restored:
                progress(f"state rebuilt from the journal: {restored:,} events")

        with reading(self.journal.dir), Recall(self.journal.folder, self.partition, told) as recall:
            for commit in self.journal.commits(self.number, self.seq):
                recall.take(commit)
                self.partition.newest |= commit.newest
                self._note(commit)
            recall.finish()
            self.partition.settle()
            self.partition.await_judgement(unjudged if recall.judged is None else stood + recall.judged)

    def _begin_anew(self) -> None:
        """Hold nothing: the commits that would come next are no longer there one by one."""
        self.cache.clear()
        rules = self.partition.judge.rules if self.partition.judge else ()
        self.partition = _fresh(self.partition.journey_map, rules, self.cache)
        self.seq, self.sources, self.counters, self.latest_us, self._rested = -1, {}, {}, None, 0


def _fresh(journey_map: JourneyMap, rules: Sequence[Rule], cache: Cache) -> Partition:
    """Return a partition that has seen nothing."""
    lexicon = Lexicon(journey_map)
    return Partition(lexicon, State(cache.allocator(), rest=cache.rest_of), engine(), judge=judge_of(rules, lexicon))


def judge_of(rules: Sequence[Rule], lexicon: Lexicon) -> Judge | None:
    """Return the judge of a partition, None where there are no rules for it. Raises RuleError where one is wrong."""
    return Judge(rules, lexicon, court=court_of(lexicon.journey_map)) if any(rule.scope == "customer" for rule in rules) else None


def _agree(first: Commit, journey_map: JourneyMap, until_us: int | None, dir: Path) -> None:  # noqa: A002 - the design's word
    if first.map_digest != journey_map.digest:
        raise SettingError(
            f"{dir} was made with another journey map (digest {first.map_digest[:8]}, this one has {journey_map.digest[:8]}); "
            f"give that map, or rebuild with this one: sojourn run {dir} --to NEW_DIR --map MAP"
        )
    if until_us is not None and first.until_us != until_us:
        kept = "without --until" if first.until_us is None else "with another --until"
        raise SettingError(
            f"{dir} was made {kept}, and stays so; for another one read the sources anew: sojourn run SOURCE… --to NEW_DIR --until DAY"
        )


def persistently(write: Callable[[], T]) -> T:
    """Try a write again when the disk refuses it, and give up after some seconds: the next run resumes.

    Raises:
        JournalError: it failed to the end.
    """
    for pause in (*RETRIES_S, None):
        try:
            return write()
        except OSError as error:
            if pause is None:
                raise JournalError(f"the journal can't be written: {error}; nothing is lost, the next run goes on from the last commit") from error
            time.sleep(pause)
    raise AssertionError
