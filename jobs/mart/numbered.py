"""Words as numbers: what repeats in steps and journeys stands once a combination in tables of the live mart, and a row names it by its number."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.columns import Column, array
from pipelines.fold.distinct import combinations
from pipelines.resources import read_text

_PARTS: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "steps": {
        "kinds": (
            "kind",
            (
                *("source", "type", "stage", "channel", "previous_type", "money_kind", "desired_ms", "adequate_ms"),
                *("calendar", "business_desired_ms", "business_adequate_ms", "roles"),
            ),
        ),
        "places": ("place", ("site", "actor_id", "team")),
    },
    "journeys": {"profiles": ("profile", ("segment", "client_type"))},
}
"""The tables of combinations of each table, the column that names one, and what it holds: what seldom goes together stands apart."""


def numbered(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> pa.Table:
    """Return rows of a table of changes with numbers for what repeats; combinations that are new get one."""
    rows = _owned(rows) if name == "steps" else rows
    for part, (number, columns) in _PARTS.get(name, {}).items():
        found, spots = combinations(rows, columns)
        rows = rows.drop_columns(list(columns)).append_column(number, array(_numbers(con, part, found)[spots]))
    return rows


def _owned(rows: pa.Table) -> pa.Table:
    """Return steps with levels of their own where their zone counts by a calendar: these are as many as waits, and would make a combination each."""
    counted = rows["calendar"].is_valid()
    for level in ("desired_ms", "adequate_ms"):
        given = rows[level]
        own, common = (pa.nulls(len(rows), pa.int64()), given) if not pc.any(counted).as_py() else _apart(given, counted)
        rows = rows.set_column(rows.schema.get_field_index(level), level, common).append_column(f"own_{level}", own)
    return rows


def _apart(given: Column, counted: Column) -> tuple[Column, Column]:
    nothing = pa.scalar(None, pa.int64())
    plain = given.cast(pa.int64())
    return pc.if_else(counted, plain, nothing), pc.if_else(counted, nothing, plain)


def _numbers(con: duckdb.DuckDBPyConnection, name: str, found: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Return the number of each of some combinations."""
    relation = f"incoming_{name}"
    con.register(relation, found.append_column("spot", pa.array(range(len(found)), pa.int64())))
    try:
        con.execute(read_text(f"pipelines/fold/{name}_new.sql"))
        return np.array([number for (number,) in con.execute(read_text(f"pipelines/fold/{name}_known.sql")).fetchall()], np.int32)
    finally:
        con.unregister(relation)
