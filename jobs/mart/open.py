"""Opens the newest snapshot of a mart, for those who ask it from Python."""

from __future__ import annotations

from pathlib import Path

import duckdb

from jobs.mart.engine import open_snapshot
from schemas.errors import MartError


def open_mart(dir: Path | str) -> duckdb.DuckDBPyConnection:  # noqa: A002 - DIR is what every command calls it
    """Open the newest snapshot in DIR, read-only; it stays the same however often the mart is published meanwhile.

    Its tables are found by their names alone: ``con.sql("from journeys")``.

    The link is resolved first: by the link's own name DuckDB would hand out an older snapshot that this process still has open.

    Raises:
        MartError: nothing has been published there yet, or the file can't be read.
    """
    link = Path(dir) / "serving" / "current.duckdb"
    for _ in range(3):  # between resolving and opening, a very old snapshot may have been removed
        try:
            path = link.resolve(strict=True)
        except OSError:
            raise MartError(f"{dir} has no mart yet: sojourn run SOURCE --to {dir} makes one") from None
        try:
            return _at_mart(open_snapshot(path))
        except duckdb.Error as error:
            failed = error
    raise MartError(f"the mart {path} can't be opened: {failed}") from failed


def _at_mart(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    con.execute("use mart")
    return con
