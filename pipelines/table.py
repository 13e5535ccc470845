"""Touchpoints as an Arrow table: canonical lines to columns, in one bulk read by an in-memory DuckDB that is passed in."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipelines.decode import Decoded
from pipelines.resources import read_text


def engine() -> duckdb.DuckDBPyConnection:
    """Return a new in-memory engine for the pure steps: one thread, no files, no network, UTC."""
    closed = dict.fromkeys(("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"), "false")
    con = duckdb.connect(config={"threads": 1, **closed})
    con.execute("set timezone = 'UTC'")
    return con


def extract(con: duckdb.DuckDBPyConnection, decoded: Decoded) -> pa.Table:
    """Return the columns of a batch's accepted events, in the order of arrival (``sql/extract.sql`` names them)."""
    incoming = pa.table({"line": decoded.texts.cast(pa.string()), "place": decoded.places, "content": decoded.content})
    return query(con, "pipelines/sql/extract.sql", lines=incoming)


def query(con: duckdb.DuckDBPyConnection, resource: str, **relations: pa.Table) -> pa.Table:
    """Run one of our queries over Arrow tables, each under its name."""
    for name, table in relations.items():
        con.register(name, table)
    try:
        result: pa.Table = con.sql(read_text(resource)).to_arrow_table()
        return result
    finally:
        for name in relations:
            con.unregister(name)
