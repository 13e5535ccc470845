"""The live mart: a private, disposable DuckDB file that commits are folded into and snapshots are published from.

What it holds follows from the journal: where the file is missing, damaged, or made by another version or for another map, it is thrown away and
``folded`` is empty, so that the journal is folded again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from jobs.deliver.kept import Kept
from jobs.mart import build, estimates, snapshot
from jobs.mart.fold import Commits, fold, hear
from jobs.mart.hours import Hours
from jobs.mart.live_file import opened
from jobs.mart.rows import replace
from jobs.memory import give_back
from pipelines.resources import read_text
from schemas.journal import Base, Commit
from schemas.journey_map import JourneyMap

LOADING = "loading"
"""Stands for the writer of the last commit while a base record is being folded."""
_AT_REST = "32MB"
"""What the engine holds of the file at most when it was told to rest."""
_LOOSE_ROWS = 1_000_000
"""So many rows may be folded before they are brought into the file: they fill memory, and a crash takes them."""


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What a publication says beside what was folded.

    Attributes:
        as_of_us: The instant at which states hold (µs, event time).
        published_us: Now (µs).
        segments: Parquet files of touchpoints, operations and dead_letters, at least one each.
        horizon_days: How far ahead churn is asked for; None: as the data suggest.
        sources: Name of each source, and the offset that is read next.
        counters: What was counted over all commits.
        final: The run has drained: estimates are refitted and the marts kept as tables.
        last: Nothing follows: the file is closed, and need not be copied.
        fits: Estimates may be made anew though the run has not drained; else they stay as they are.
    """

    as_of_us: int
    published_us: int
    segments: Mapping[str, Sequence[Path]]
    horizon_days: int | None = None
    sources: Sequence[tuple[str, int]] = ()
    counters: Mapping[str, int]
    final: bool = False
    last: bool = False
    fits: bool = True


class LiveMart:
    """The one writer of a mart.

    Attributes:
        folded: The last commit of each partition that was folded; it is stored in the transaction that stores the commit's data.
        con: Its connection, for those who ask it about what is folded.
        folded_by: Who wrote that commit, at the time when the file was opened.
    """

    def __init__(self, dir: Path, journey_map: JourneyMap, *, threads: int = 1, memory_limit: str = "512MB") -> None:  # noqa: A002 - DIR
        """Open DIR's live mart, or start a new one.

        Raises:
            MartError: another process holds the file.
        """
        self._path, self._serving, self._map = dir / "mart" / "live.duckdb", dir / "serving", journey_map
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._serving.mkdir(parents=True, exist_ok=True)
        self.con, self._memory_limit = opened(self._path, journey_map, threads=threads, memory_limit=memory_limit), memory_limit
        self._pace, self._loose, self._kept = estimates.Pace(), 0, Kept(dir)
        self._hours = Hours(journey_map)
        self._resume()
        last = self.con.execute("select partition, seq, writer from internal.folded").fetchall()
        self.folded: dict[int, int] = {partition: seq for partition, seq, _ in last}
        self.folded_by: dict[int, str] = {partition: writer for partition, _, writer in last}

    def fold(self, commits: Commits) -> None:
        """Fold commits, all in one transaction; those that were folded before are passed over. The later in the sequence wins."""
        new = [(commit, tables) for commit, tables in commits if commit.seq > self.folded.get(commit.partition, -1)]
        if not new:
            return
        with _transaction(self.con):
            fold(self.con, new, self._map)
        self._loose += sum(len(table) for _, tables in new for name, table in tables.items() if name in ("steps", "journeys"))
        if self._loose >= _LOOSE_ROWS:
            self._checkpoint()
            self.rest()
        for commit, _ in new:
            self.folded[commit.partition] = max(commit.seq, self.folded.get(commit.partition, -1))

    def hear(self, commit: Commit, said: pa.Table) -> None:
        """Take in rows of ``said`` that the journal holds."""
        if commit.seq <= self.folded.get(commit.partition, -1):
            return
        with _transaction(self.con):
            hear(self.con, commit, said)
        self.folded[commit.partition] = commit.seq

    def load(self, base: Base, parts: Iterable[Mapping[str, pa.Table]]) -> None:
        """Fold a base record into a mart that holds nothing of its partition yet.

        Args:
            base: The record.
            parts: Its rows by table, in parts; each key of a table of changes once. Left in the middle, the mart is of no use: ``whole`` is false.
        """
        begun = msgspec.structs.replace(base, seq=-1, writer=LOADING)
        for tables in parts:
            with _transaction(self.con):
                fold(self.con, [(begun, tables)], self._map)
            self._loose += sum(map(len, tables.values()))
            if self._loose >= _LOOSE_ROWS:
                self._checkpoint()
                self.rest()
        self.fold([(base, {})])

    @property
    def whole(self) -> bool:
        """Whether the file, when it was opened, held all of what it has folded a part of."""
        return LOADING not in self.folded_by.values()

    def publish(self, publication: Publication) -> Path:
        """Publish a snapshot and return its path.

        Raises:
            MartError: the file can't be copied.
        """
        said = self.con.execute("select max(snapshot) from internal.publication").fetchall()
        number = 1 + max(int(said[0][0]), snapshot.last_number(self._serving))
        snapshot.tidy(self._serving)
        with _transaction(self.con):
            self._say(publication, number)
            build.refresh_views(self.con, {name: [str(path.absolute()) for path in paths] for name, paths in publication.segments.items()})
            self._compute(publication)
        self._checkpoint()
        if publication.last:
            self.close()
        return snapshot.put(self._path, self._serving, number, closed=publication.last)

    @property
    def published_us(self) -> int | None:
        """When the last publication was made (µs, the clock); None before the first."""
        said = self.con.execute("select max(epoch_us(published_at)) from internal.publication").fetchall()
        return None if said[0][0] is None else int(said[0][0])

    @property
    def as_of_us(self) -> int | None:
        """What the last publication said it was as of (µs); None before the first."""
        said = self.con.execute("select max(epoch_us(as_of)) from internal.publication").fetchall()
        return None if said[0][0] is None else int(said[0][0])

    def rest(self) -> None:
        """Give back the memory in which the engine keeps what it has read of the file: a publication reads all of it, folds need little."""
        with suppress(duckdb.OutOfMemoryException):  # it needs more than that just now
            self._hold(_AT_REST)
        self._hold(self._memory_limit)
        give_back()

    def _hold(self, most: str) -> None:
        self.con.execute("set memory_limit = '" + most + "'")

    def close(self) -> None:
        """Close the file."""
        self.con.close()

    def _checkpoint(self) -> None:
        """Bring everything into the file: it has no log, so until then a crash takes what was folded, and it is folded again."""
        self.con.execute("checkpoint live")
        self._loose = 0

    def _resume(self) -> None:
        """Take the estimates that the file holds for fresh: whoever needs newer ones publishes a drained run."""
        fitted = self.con.execute("select max(epoch_us(p.published_at)) from internal.publication as p join internal.models on true").fetchall()
        if fitted[0][0] is not None:
            self._pace.fitted_s = fitted[0][0] / 1e6

    def _say(self, publication: Publication, number: int) -> None:
        """Note what the snapshot says of itself."""
        said = {
            "snapshot": number,
            "as_of_us": publication.as_of_us,
            "published_us": publication.published_us,
            "gap_us": self._map.largest_gap_us + self._map.lateness_us,
            "case_max_age_us": self._map.case_max_age_us,
        }
        self.con.execute(read_text("pipelines/fold/publication.sql"), said)
        names, places = [name for name, _ in publication.sources], [place for _, place in publication.sources]
        read = {"kind": pa.repeat("source", len(names)), "name": pa.array(names, pa.string()), "position": pa.array(places, pa.int64())}
        replace(self.con, "positions", pa.table(read))
        counted = {"name": pa.array(publication.counters.keys(), pa.string()), "n": pa.array(publication.counters.values(), pa.int64())}
        replace(self.con, "counters", pa.table(counted))
        self._hours.refresh(self.con, publication.as_of_us)
        if (deliveries := self._kept.news()) is not None:
            replace(self.con, "deliveries", deliveries)

    def _compute(self, publication: Publication) -> None:
        """Make the marts, and the estimates where they are due."""
        build.lay(self.con, build.HELPERS, keep=publication.final)
        now_s = publication.published_us / 1e6
        if publication.final or (publication.fits and self._pace.due(now_s)):
            self._pace.fit(self.con, publication.as_of_us, publication.horizon_days, now_s)
        build.lay(self.con, build.MARTS, keep=publication.final)
        build.let_pass(self.con)


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
