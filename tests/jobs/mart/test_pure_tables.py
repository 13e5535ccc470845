"""Every pure table of the mart is a function of the set of events: order, copies, cuts and partitions change no row (design §1), with ``==``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.journal.segment import create_empty, write_segments
from jobs.mart.live import LiveMart, Publication
from jobs.mart.open import open_mart
from pipelines.marts.order import rows
from pipelines.partition import Batch
from pipelines.table import engine
from schemas.journal import Commit
from schemas.mart import PURE_TABLES
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.arrivals import microseconds
from tests.generated.events import RECEIVED_AT, histories
from tests.generated.maps import small_map
from tests.generated.netted import new_partition, payloads

SHOWN = ("touchpoints", "operations", "dead_letters")
RECEIVED_US = microseconds(RECEIVED_AT)


def mart_of(folder: Path, arrangement: Arrangement, con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Run an arrangement through partitions, journal, fold and publication; return the rows of every pure table."""
    journal, segments = folder / "journal", {name: [folder / "journal" / f"{name}.empty.parquet"] for name in SHOWN}
    create_empty(journal)
    mart, latest, counters = LiveMart(folder, small_map()), 0, {}
    for number, batches in enumerate(arrangement.partitions):
        partition = new_partition(con, small_map())
        for seq, batch in enumerate(batches):
            absorbed = partition.absorb(Batch(payloads(batch), f"feed-{number}", RECEIVED_US))
            written = write_segments(journal, absorbed.tables, f"{number}-{seq}")
            mart.fold([(commit(number, seq, absorbed.earliest, absorbed.latest), absorbed.tables)])
            latest = max(latest, absorbed.latest or 0)
            for segment in written:
                segments.get(segment.table, []).append(journal / segment.file)
    mart.publish(
        Publication(as_of_us=latest, published_us=RECEIVED_US, segments=segments, horizon_days=None, sources=[], counters=counters, final=True)
    )
    mart.close()
    with open_mart(folder) as snapshot:
        return {name: rows(snapshot, name) for name in PURE_TABLES}


def commit(partition: int, seq: int, earliest: int | None, latest: int | None) -> Commit:
    return Commit(
        partition=partition,
        seq=seq,
        writer="test",
        sources={},
        segments=[],
        counters={},
        newest={},
        map_digest=small_map().digest,
        schema_version=1,
        earliest_us=earliest,
        latest_us=latest,
    )


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return engine()


@settings(max_examples=200 if settings._current_profile == "ci" else 40)
@given(st.data())
def test_order_copies_cuts_and_partitions_change_no_pure_table(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    history = data.draw(histories())
    one, other = data.draw(arrangements(history)), data.draw(arrangements(history))
    with tempfile.TemporaryDirectory() as left, tempfile.TemporaryDirectory() as right:
        assert mart_of(Path(left), one, con) == mart_of(Path(right), other, con)
