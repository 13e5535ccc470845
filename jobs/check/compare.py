"""Two DIRs that hold the same events must say the same: their pure tables, row for row (design §1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.mart.open import open_mart
from schemas.mart import PURE_TABLES, TABLES

PIECE_ROWS = 100_000
"""So many rows of a table are in memory at a time."""


@dataclass(frozen=True)
class Compared:
    """One pure table of two DIRs.

    Attributes:
        rows, other_rows: How many each has.
        equal: Whether all columns but those of history are equal, row for row, in the order of all columns.
    """

    table: str
    rows: int
    other_rows: int
    equal: bool


def compare(one: Path, other: Path) -> Iterator[Compared]:
    """Compare the newest snapshots of two DIRs, and yield each pure table as it is done.

    Raises:
        MartError: one has no mart.
    """
    with open_mart(one) as here, open_mart(other) as there:
        for name in PURE_TABLES:
            ours, theirs = len(here.table(f"mart.{name}")), len(there.table(f"mart.{name}"))
            yield Compared(name, ours, theirs, ours == theirs and _equal(_pieces(here, name), _pieces(there, name)))


def _pieces(con: duckdb.DuckDBPyConnection, name: str) -> Iterator[pa.Table]:
    """Yield a table's pure columns in the order of all of them, in pieces of ``PIECE_ROWS``."""
    columns = ", ".join(f'"{column}"' for column in TABLES[name].pure_columns)
    reader = con.table(f"mart.{name}").project(columns).order("all").to_arrow_reader(PIECE_ROWS)
    held = reader.schema.empty_table()
    for batch in chain(reader, [None]):
        held = held if batch is None else pa.concat_tables([held, pa.Table.from_batches([batch])])
        while len(held) >= PIECE_ROWS or (batch is None and len(held)):
            yield held.slice(0, PIECE_ROWS)
            held = held.slice(PIECE_ROWS)


def _equal(here: Iterator[pa.Table], there: Iterator[pa.Table]) -> bool:
    return all(one.equals(other) for one, other in zip(here, there, strict=True))
