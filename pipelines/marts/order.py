"""The rows of a mart in one order: what two runs over the same events must agree on, with ``==``."""

from __future__ import annotations

import duckdb

from schemas.mart import TABLES


def rows(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    """Return the pure columns of a mart's rows, ordered by all of them.

    Args:
        con: A connection to a snapshot.
        table: A name of `schemas.mart.TABLES`, without its schema.

    Raises:
        KeyError: the mart has no such table.
    """
    columns = ", ".join(f'"{name}"' for name in TABLES[table].pure_columns)
    found: list[tuple[object, ...]] = con.execute(" ".join(["select", columns, "from", f"mart.{table}", "order by all"])).fetchall()
    return found
