"""Connections to DuckDB files, each with the same settings: nothing is installed or loaded by itself, and time is UTC."""

from __future__ import annotations

from pathlib import Path

import duckdb

_SAFE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "allow_community_extensions": "false"}


def open_live(path: Path, *, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Open a live mart, or start one, for writing. Snapshots are copies of it, so it is of a format that older DuckDB reads too.

    Raises:
        duckdb.Error: the file is no database, is held by another process, or is of an unknown format.
    """
    spill = path.parent / "spill"
    settings: dict[str, str | bool | int | float | list[str]] = {
        **_SAFE,
        "threads": threads,
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "checkpoint_threshold": "1GB",  # the fold makes its own, so does a publication: each writes the last rows of every column again
    }
    con = duckdb.connect(config=settings)
    try:
        con.execute("set timezone = 'UTC'")
        # Without a log of its own: what a crash takes is folded again from the journal, from the last checkpoint on.
        con.execute("attach '" + str(path).replace("'", "''") + "' as live (storage_version 'v1.4.0', recovery_mode 'no_wal_writes')")
        con.execute("use live")
    except duckdb.Error:
        con.close()
        raise
    return con


def open_snapshot(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published file read-only."""
    con = duckdb.connect(str(path), read_only=True, config={**_SAFE})
    con.execute("set timezone = 'UTC'")
    return con
