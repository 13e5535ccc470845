"""Symbols: strings of few distinct values as small integers, per table and per partition.

A code means something only beside its table; codes depend on the order of arrival, so no result may depend on them, only on the strings.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NONE = 0
"""The code of an absent string."""


class Symbols:
    """A growing list of strings with their codes; code 0 is the absent one."""

    def __init__(self, values: list[str | None] | None = None) -> None:
        self.values: list[str | None] = values or [None]
        self._codes: dict[str | None, int] = {value: code for code, value in enumerate(self.values)}

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: str | None) -> int:
        """Return the code of a string, a new one when it was not known."""
        found = self._codes.get(value)
        if found is None:
            found = self._codes[value] = len(self.values)
            self.values.append(value)
        return found

    def encode(self, column: pa.ChunkedArray | pa.Array) -> NDArray[np.int32]:
        """Return the codes of a column of strings, nulls as 0."""
        places, distinct = distinct_strings(column)
        codes = np.array([*map(self.code, distinct), NONE], np.int32)
        return codes[places]

    def array(self) -> pa.Array:
        """Return all values, code by code (the null first), as an Arrow string array."""
        return pa.array(self.values, pa.string())

    def decode(self, codes: NDArray[np.int32]) -> pa.DictionaryArray:
        """Return the strings of codes as a dictionary array; code 0 becomes null."""
        indices = pa.array(codes.astype(np.int32) - 1, pa.int32(), mask=codes == NONE)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.values[1:], pa.string()))


def distinct_strings(column: pa.ChunkedArray | pa.Array) -> tuple[NDArray[np.int64], list[str]]:
    """Return for each row the place of its string in the list of distinct strings (nulls: -1), and that list."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(whole, pa.ChunkedArray):  # several chunks that could not be one
        whole = pa.concat_arrays(whole.chunks)
    encoded = whole.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places, encoded.dictionary.to_pylist()
