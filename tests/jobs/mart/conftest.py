"""What tests of the mart share: events through a partition into a live mart, and the snapshot that comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.mart.live import LiveMart, Publication
from jobs.mart.open import open_mart
from pipelines.partition import Batch, Partition
from pipelines.table import engine
from schemas import journal
from schemas.journal import Commit
from schemas.journey_map import JourneyMap
from tests.generated.arrivals import microseconds
from tests.generated.events import RECEIVED_AT, Event
from tests.generated.maps import small_map
from tests.generated.netted import new_partition, payloads

FACTS = ("touchpoints", "operations", "dead_letters")
AS_OF = microseconds(RECEIVED_AT)
Tables = Mapping[str, pa.Table]


def commit(seq: int, partition: int = 0) -> Commit:
    """Return a commit record that says only which one it is."""
    return Commit(
        partition=partition, seq=seq, writer="w", sources={}, segments=[], counters={}, newest={}, map_digest=small_map().digest, schema_version=1
    )


@dataclass
class Workshop:
    """A DIR with a live mart, and partitions that fill it."""

    folder: Path
    engine: duckdb.DuckDBPyConnection
    live: LiveMart
    journey_map: JourneyMap
    partitions: dict[int, Partition] = field(default_factory=dict)
    seqs: dict[int, int] = field(default_factory=dict)
    segments: dict[str, list[Path]] = field(default_factory=dict)

    def absorb(self, events: Sequence[Event], number: int = 0, raw: Sequence[bytes] = ()) -> tuple[Commit, Tables]:
        """Let a partition absorb a batch, and write its facts."""
        partition = self.partitions.setdefault(number, new_partition(self.engine, self.journey_map))
        absorbed = partition.absorb(Batch([*payloads(events), *raw], f"topic:{number}", AS_OF))
        seq = self.seqs[number] = self.seqs.get(number, -1) + 1
        for name in FACTS:
            if name in absorbed.tables:
                self.write(name, f"{number}-{seq}", absorbed.tables[name])
        return commit(seq, number), absorbed.tables

    def take(self, *batches: Sequence[Event]) -> None:
        """Absorb batches and fold each by itself."""
        for events in batches:
            self.live.fold([self.absorb(events)])

    def write(self, name: str, title: str, table: pa.Table) -> None:
        """Write a segment."""
        path = self.folder / f"{name}-{title}.parquet"
        pq.write_table(table, path)
        self.segments.setdefault(name, []).append(path)

    def publish(
        self,
        *,
        final: bool = True,
        last: bool = False,
        as_of_us: int = AS_OF,
        horizon_days: int | None = 30,
        counters: Mapping[str, int] | None = None,
    ) -> Path:
        """Publish a snapshot."""
        for name in FACTS:
            if name not in self.segments:
                self.write(name, ".empty", journal.TABLES[name].empty_table())
        return self.live.publish(
            Publication(
                as_of_us=as_of_us,
                published_us=AS_OF,
                segments=self.segments,
                horizon_days=horizon_days,
                sources=[("it's.jsonl", 7)],
                counters=counters or {},
                final=final,
                last=last,
            )
        )

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return the answer of the newest snapshot."""
        with open_mart(self.folder) as con:
            return con.execute(query).fetchall()


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine() as connection:
        yield connection


@pytest.fixture
def workshop(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> Iterator[Workshop]:
    with ExitStack() as stack:
        live = LiveMart(tmp_path, small_map())
        stack.callback(live.close)
        yield Workshop(tmp_path, con, live, small_map())
