"""Columns: what numpy and Arrow hand to each other, typed once."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Array: TypeAlias = "pa.Array[Any]"
Column: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"


def array(values: NDArray[Any], absent: NDArray[np.bool_] | None = None) -> Array:
    """Return numbers or truth values as an Arrow array, null where absent."""
    made: Array = pa.array(values, mask=absent)
    return made


def whole(column: Column) -> Array:
    """Return a column as one array."""
    made: Any = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    made = pa.concat_arrays(made.chunks) if isinstance(made, pa.ChunkedArray) else made  # several chunks that could not be one
    return made  # type: ignore[no-any-return]


def numbers(column: Column, absent: int = 0) -> NDArray[Any]:
    """Return a column of numbers or truth values, with a number where it is null."""
    filled: Any = column.fill_null(absent) if column.null_count else column  # type: ignore[arg-type]
    return np.asarray(whole(filled).to_numpy(zero_copy_only=False))


def text_of(column: Column) -> Array:
    """Return a column of texts with the empty one for null."""
    fill_null: Any = pc.fill_null  # its stub knows no column and text together
    return whole(fill_null(column, ""))


def chosen(column: Column, condition: NDArray[np.bool_], other: Column | str | None) -> Array:
    """Return a column's value where a condition holds, else that of another column or text."""
    if_else: Any = pc.if_else  # the same
    alternative: Any = pa.scalar(other, pa.string()) if other is None or isinstance(other, str) else other
    return whole(if_else(array(condition), column, alternative))


def spliced(parts: list[Column | str], separator: str) -> Array:
    """Return the texts of columns (or a text that stands for all rows) put together, row by row; null where one is null."""
    arguments: list[Any] = [*parts, separator]
    return whole(pc.binary_join_element_wise(*arguments))


SEPARATOR = "\x1f"
"""Stands between the parts of a text that is hashed."""


def measured(parts: list[Column]) -> list[Column | str]:
    """Return columns of texts with, before them, how many bytes each but the last has: spliced, they are told apart whatever signs they hold."""
    length_of: Any = pc.binary_length  # its stub asks for a column that is known to be one of texts
    lengths = [length_of(part).cast(pa.string()) for part in parts[:-1]]
    return [*lengths, *parts]


def picked(column: Column, places: NDArray[np.integer[Any]]) -> Array:
    """Return the values at some places."""
    made: Any = column.take(array(places))
    return whole(made)
