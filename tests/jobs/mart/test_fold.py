"""The fold against a plain model: a dict of rows by key, in any cut of the commits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs.mart.fold import fold
from jobs.mart.live_file import opened
from schemas import journal
from tests.generated.maps import small_map
from tests.jobs.mart.conftest import Tables, commit

Key = tuple[int, int]
Ops = list[dict[Key, int | None]]  # a commit: key → the time that is put, or None to drop it
KEYS = st.tuples(st.integers(1, 3), st.integers(1, 3))
COMMITS = st.lists(st.dictionaries(KEYS, st.none() | st.integers(0, 5_000_000), max_size=5), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(tmp_path_factory.mktemp("fold") / "live.duckdb", small_map(), threads=1, memory_limit="256MB") as connection:
        yield connection


def tables(changes: dict[Key, int | None], standing: dict[Key, int]) -> Tables:
    """Write a commit's changes as the journal's steps, each of them also a journey, and apply them to the model."""
    rows = [
        {"op": "drop" if time is None else "put", "existed": key in standing, "journey": key[0], "position": key[1], "time_us": time, "source": "s"}
        for key, time in changes.items()
        if time is not None or key in standing
    ]
    for key, time in changes.items():
        if time is None:
            standing.pop(key, None)
        else:
            standing[key] = time
    journeys = [{**row, "journey": row["journey"] * 10 + row["position"], "started_us": row["time_us"], "ended_us": row["time_us"]} for row in rows]
    return {
        "steps": pa.Table.from_pylist(rows, schema=journal.STEPS),
        "journeys": pa.Table.from_pylist([{name: row.get(name) for name in journal.JOURNEYS.names} for row in journeys], schema=journal.JOURNEYS),
    }


@given(COMMITS, st.sets(st.integers(1, 6)))
@example(commits=[{}, {(1, 1): 1}, {(1, 1): None}, {(1, 1): 0}], cuts={2})  # dropped and put anew at another time in one fold
@settings(max_examples=60)
def test_what_stands_is_what_the_last_commit_said_in_any_cut(live: duckdb.DuckDBPyConnection, commits: Ops, cuts: set[int]) -> None:
    live.execute("truncate internal.step_rows")
    live.execute("truncate internal.journey_rows")
    standing: dict[Key, int] = {}
    written = [(commit(seq), tables(changes, standing)) for seq, changes in enumerate(commits)]
    edges = [0, *sorted(cut for cut in cuts if cut < len(written)), len(written)]
    for lo, hi in pairwise(edges):
        fold(live, written[lo:hi], small_map())
    steps = live.execute("select journey, position, epoch_us(occurred_at) from internal.steps order by all").fetchall()
    journeys = live.execute("select journey, epoch_us(started_at) from internal.journeys order by all").fetchall()
    assert steps == [(*key, time) for key, time in sorted(standing.items())]
    assert journeys == [(key[0] * 10 + key[1], time) for key, time in sorted(standing.items())]


def test_rows_from_memory_and_from_segments_fold_together(live: duckdb.DuckDBPyConnection) -> None:
    live.execute("truncate internal.step_rows")
    plain = tables({(1, 1): 5}, {})
    coded = plain["steps"].set_column(0, "op", plain["steps"]["op"].dictionary_encode()).set_column(2, "journey", pa.array([2], pa.uint64()))
    fold(live, [(commit(0), plain), (commit(1), {"steps": coded})], small_map())
    assert live.execute("select journey from internal.steps order by all").fetchall() == [(1,), (2,)]
