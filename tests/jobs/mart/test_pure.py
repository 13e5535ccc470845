"""Every pure table is the same, with ``==``, however many commits are folded at a time and whatever is published in between."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.mart.live import LiveMart
from jobs.mart.open import open_mart
from pipelines.marts.order import rows
from schemas.mart import PURE_TABLES
from tests.generated.arrangements import Arrangement, arrangements
from tests.generated.events import histories
from tests.generated.maps import small_map
from tests.jobs.mart.conftest import Workshop

EXAMPLES = 25 if settings().derandomize else 4


def answers(con: duckdb.DuckDBPyConnection, arranged: Arrangement, together: int, final_only: bool) -> dict[str, list[tuple[object, ...]]]:
    """Fold so many commits at a time, with publications in between, and return all pure tables."""
    with TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), con, LiveMart(Path(folder), small_map()), small_map())
        absorbed = [workshop.absorb(batch, number) for number, batches in enumerate(arranged.partitions) for batch in batches]
        for start in range(0, len(absorbed), together):
            workshop.live.fold(absorbed[start : start + together])
            if not final_only:
                workshop.publish(final=False)
        workshop.publish(final=True)
        with open_mart(workshop.folder) as mart:
            found = {table: rows(mart, table) for table in PURE_TABLES}
        workshop.live.close()
        return found


@given(st.data(), st.integers(1, 4), st.booleans())
@settings(max_examples=EXAMPLES)
def test_pure_tables_do_not_know_how_they_were_folded(con: duckdb.DuckDBPyConnection, data: st.DataObject, together: int, final_only: bool) -> None:
    history = data.draw(histories())
    one, other = data.draw(arrangements(history)), data.draw(arrangements(history))
    first, second = answers(con, one, 1, True), answers(con, other, together, final_only)
    for table in PURE_TABLES:
        assert first[table] == second[table], table
