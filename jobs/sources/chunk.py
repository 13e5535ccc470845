"""A piece of a foreign table: rows as text, numbered, in the order of the file. What every reader of foreign rows hands on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute

ROW_NUMBER = "row_number"

pc: Any = pyarrow.compute  # the stubs refuse mixtures of columns and constants that pyarrow takes
TextColumn: TypeAlias = "pa.Array[pa.StringScalar]"
TextColumns: TypeAlias = "pa.ChunkedArray[pa.StringScalar]"


@dataclass(frozen=True)
class Chunk:
    """Rows [lo, hi) of a source, counted from 0.

    `table` has a column of text for each column of the source (empty text is null) and `row_number` (int64, from 1 for the file's first row).
    `broken` holds what is no row of this table, by its row number: it becomes a line that the contract refuses, so that nothing is lost.
    """

    table: pa.Table
    lo: int
    hi: int
    broken: dict[int, bytes] = field(default_factory=dict)


def text_column(values: list[str | None]) -> TextColumn:
    """Return the values as a column of text where empty means absent."""
    column = pa.array(values, pa.string())
    filled: TextColumn = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    return filled


def distinct_names(header: Iterable[str]) -> list[str]:
    """Return the header with names for nameless columns, and a number behind a name that stood before.

    >>> distinct_names(["a", "", "A", "row_number"])
    ['a', 'column1', 'A_1', 'row_number_1']
    """
    taken = {ROW_NUMBER}  # in lower case, as DuckDB compares names
    names: list[str] = []
    for place, name in enumerate(header):
        name = name or f"column{place}"
        free = name
        suffix = 0
        while free.lower() in taken:
            suffix += 1
            free = f"{name}_{suffix}"
        taken.add(free.lower())
        names.append(free)
    return names


def contents(table: pa.Table) -> TextColumns:
    """Return each row's content as one text, equal only for equal rows.

    It is made of the names and values that are not null, in the order of the names, each with its length before it. So it depends neither on the
    order of columns nor on the columns that other rows of the file have.
    """
    names = sorted(name for name in table.column_names if name != ROW_NUMBER)
    pairs = [
        pc.binary_join_element_wise(f"{len(name)}:{name}", pc.cast(pc.utf8_length(table[name]), pa.string()), table[name], ":") for name in names
    ]
    joined: TextColumns = pc.binary_join_element_wise(*pairs, "", null_handling="skip")
    return joined
