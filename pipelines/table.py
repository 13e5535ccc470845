"""Touchpoints as an Arrow table: canonical lines to columns, in one bulk read by an in-memory DuckDB that is passed in."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.decode import Decoded
from pipelines.resources import read_text


def engine() -> duckdb.DuckDBPyConnection:
    """Return a new in-memory engine for the pure steps: one thread, no files, no network, UTC."""
    con = duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "enable_external_access": "false"})
    con.execute("set timezone = 'UTC'")
    return con


def extract(con: duckdb.DuckDBPyConnection, decoded: Decoded) -> pa.Table:
    """Return the columns of a batch's accepted events, in the order of arrival (``sql/extract.sql`` names them)."""
    lines = pa.array(decoded.lines, pa.binary()).cast(pa.string())
    incoming = pa.table({"line": lines, "place": decoded.places, "content": decoded.content})
    return query(con, "pipelines/sql/extract.sql", lines=incoming)


def query(con: duckdb.DuckDBPyConnection, resource: str, **relations: pa.Table) -> pa.Table:
    """Run one of our queries over Arrow tables, each under its name."""
    for name, table in relations.items():
        con.register(name, table)
    try:
        return con.sql(read_text(resource)).to_arrow_table()
    finally:
        for name in relations:
            con.unregister(name)


def keys(con: duckdb.DuckDBPyConnection, identified: pa.Table) -> NDArray[np.uint64]:
    """Return the events' keys (design §4, "Identity and duplicates")."""
    return _big_endian(query(con, "pipelines/sql/keys.sql", identified=identified)["key"])


def hashes(con: duckdb.DuckDBPyConnection, texts: list[str] | pa.Array) -> NDArray[np.uint64]:
    """Return the first 64 bits of each text's md5."""
    column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    return _big_endian(query(con, "pipelines/sql/hashes.sql", texts=pa.table({"text": column}))["hash"])


def _big_endian(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Turn DuckDB's little-endian reading of a digest's first bytes into the number that its hex digits spell."""
    return np.asarray(column.to_numpy(), np.uint64).byteswap()
