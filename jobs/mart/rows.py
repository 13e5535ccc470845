"""Small tables of the live mart that are written whole."""

from __future__ import annotations

import duckdb
import pyarrow as pa


def replace(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Put these rows in the place of all that the table of ``internal`` holds; columns are matched by name."""
    con.register("incoming_rows", rows)
    try:
        con.execute("truncate internal." + name)
        con.execute("insert into internal." + name + " by name from incoming_rows")
    finally:
        con.unregister("incoming_rows")
