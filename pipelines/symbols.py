"""Symbols: strings of few distinct values as small integers, per table and per partition.

A code means something only beside its table; codes depend on the order of arrival, so no result may depend on them, only on the strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Array, Column, array, numbers, whole

Words: TypeAlias = "pa.DictionaryArray[Any, Any]"

NONE = 0
"""The code of an absent string."""


class Symbols:
    """A growing list of strings with their codes; code 0 is the absent one."""

    def __init__(self, values: list[str | None] | None = None) -> None:
        self.values: list[str | None] = values or [None]
        self._codes: dict[str | None, int] = {value: code for code, value in enumerate(self.values)}
        self._texts: Array = pa.array(self.values[1:], pa.string())  # made anew when there are more

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: str | None) -> int:
        """Return the code of a string, a new one when it was not known."""
        found = self._codes.get(value)
        if found is None:
            found = self._codes[value] = len(self.values)
            self.values.append(value)
        return found

    def encode(self, column: Column) -> NDArray[np.int32]:
        """Return the codes of a column of strings, nulls as 0."""
        places, distinct = distinct_strings(column)
        codes = np.array([*map(self.code, distinct), NONE], np.int32)
        return codes[places]

    def array(self) -> Array:
        """Return all values, code by code (the null first), as an Arrow string array."""
        return pa.array(self.values, pa.string())

    def decode(self, codes: NDArray[np.int32]) -> Words:
        """Return the strings of codes as a dictionary array; code 0 becomes null."""
        if len(self._texts) < len(self.values) - 1:
            self._texts = pa.array(self.values[1:], pa.string())
        return words(codes.astype(np.int32) - 1, self._texts, codes == NONE)


def words(codes: NDArray[np.int32], values: Sequence[str | None] | Array, absent: NDArray[np.bool_] | None = None) -> Words:
    """Return strings by their places in a list or a column, null where absent, as a dictionary array."""
    indices: Any = array(codes, absent)
    texts: Any = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return pa.DictionaryArray.from_arrays(indices, texts)


def distinct_strings(column: Column) -> tuple[NDArray[np.int64], list[str]]:
    """Return for each row the place of its string in the list of distinct strings (nulls: -1), and that list."""
    encoded: Any = whole(column).dictionary_encode()
    texts: list[str] = encoded.dictionary.to_pylist()
    return numbers(encoded.indices, -1).astype(np.int64), texts
