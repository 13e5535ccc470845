"""Every pure table of the mart is a function of the set of events: order, copies, cuts and partitions change no row (design §1), with ``==``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
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


def mart_of(folder: Path, arrangement: Arrangement, con: duckdb.DuckDBPyConnection, *, at_once: bool) -> dict[str, list[tuple[object, ...]]]:
    """Run an arrangement through partitions, journal, fold (all commits at once, or each by itself) and publication; return all pure rows."""
    journal, segments = folder / "journal", empty(folder)
    mart, latest, commits = LiveMart(folder, small_map()), 0, list[tuple[Commit, Mapping[str, pa.Table]]]()
    for number, batches in enumerate(arrangement.partitions):
        partition = new_partition(con, small_map())
        for seq, batch in enumerate(batches):
            absorbed = partition.absorb(Batch(payloads(batch), f"feed-{number}", RECEIVED_US))
            written = write_segments(journal, absorbed.tables, f"{number}-{seq}")
            commits.append((commit(number, seq, absorbed.earliest, absorbed.latest), absorbed.tables))
            latest = max(latest, absorbed.latest or 0)
            for segment in written:
                segments.get(segment.table, []).append(journal / segment.file)
    for together in [commits] if at_once else [[one] for one in commits]:
        mart.fold(together)
    mart.publish(publication(latest, segments, final=True))
    with open_mart(folder) as snapshot:
        return {name: rows(snapshot, name) for name in PURE_TABLES}


def empty(folder: Path) -> dict[str, list[Path]]:
    """Begin a journal in a folder; return its files of facts."""
    create_empty(folder / "journal")
    return {name: [folder / "journal" / f"{name}.empty.parquet"] for name in SHOWN}


def publication(as_of_us: int, segments: Mapping[str, Sequence[Path]], *, final: bool) -> Publication:
    """Return the last publication of a mart."""
    return Publication(as_of_us=as_of_us, published_us=RECEIVED_US, segments=segments, counters={}, final=final, last=True)


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


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mart that has published nothing yet but nothing: its tables and views are made, which takes a fifth of the time of a small one."""
    folder = tmp_path_factory.mktemp("begun")
    LiveMart(folder, small_map()).publish(publication(0, empty(folder), final=False))
    return folder / "mart"


@settings(max_examples=200 if settings().derandomize else 15)
@given(st.data())
def test_order_copies_cuts_and_partitions_change_no_pure_table(con: duckdb.DuckDBPyConnection, begun: Path, data: st.DataObject) -> None:
    history = data.draw(histories())
    one, other = data.draw(arrangements(history)), data.draw(arrangements(history))
    with tempfile.TemporaryDirectory() as left, tempfile.TemporaryDirectory() as right:
        for folder in (left, right):
            shutil.copytree(begun, Path(folder) / "mart")
        assert mart_of(Path(left), one, con, at_once=False) == mart_of(Path(right), other, con, at_once=True)
