"""Checks of the rows in the journal's files. Each is one ``.sql`` file whose answer is what is wrong, and whose first line says what must hold."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from jobs.check.records import Result
from jobs.contents import Contents
from pipelines.resources import read_text
from schemas.journal import TABLES

MEMORY = "2GB"
_AUDITS = ("counts", "one_place", "disputed", "dead_letters", "contiguous", "of_events")
SHOWN = 5
"""So many findings of one check are printed; the rest is counted."""


def check_rows(found: Contents) -> Iterator[Result]:
    """Check facts against the counters, and journeys and steps (netted: the later commit wins) against facts."""
    settings: dict[str, str | bool | int | float | list[str]] = {"memory_limit": MEMORY, "autoinstall_known_extensions": False}
    with TemporaryDirectory(prefix="sojourn-check-") as overflow, duckdb.connect(config={**settings, "temp_directory": overflow}) as con:
        _views(con, found)
        con.execute(read_text("jobs/check/net.sql"))
        for name in _AUDITS:
            yield audit(con, name)


def audit(con: duckdb.DuckDBPyConnection, name: str) -> Result:
    """Ask one question; its answers are findings."""
    text = read_text(f"jobs/check/{name}.sql")
    says = text.partition("\n")[0].removeprefix("-- ").strip()
    relation = con.sql(text)
    findings = [str(row[0]) for row in relation.fetchall()]
    more = len(findings) - SHOWN
    return says, [*findings[:SHOWN], f"and {more:,} more"] if more > 0 else findings


def _views(con: duckdb.DuckDBPyConnection, found: Contents) -> None:
    folder = found.dir / "journal"
    for table in TABLES:
        files = [str(folder / segment.file) for commit in found.commits for segment in commit.segments if segment.table == table]
        con.read_parquet([str(folder / f"{table}.empty.parquet"), *files], filename=True, union_by_name=True).create_view(table)
    names, counts = list(found.counters), list(found.counters.values())
    con.register("counters", pa.table({"name": pa.array(names, pa.string()), "n": pa.array(counts, pa.int64())}))
