"""Reasons in words: a stable code, a colon, and what a person reads; the weightiest first.

All texts are made column by column in Arrow: a million customers get theirs in a second or two.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.estimate.arrays import Floats, Ints


class Reason(NamedTuple):
    """One reason, for some of the rows."""

    rows: Ints
    """Whom it concerns: row numbers."""
    weight: Floats
    """How much it says; of equal weights the reason that was named first comes first."""
    text: pa.StringArray
    """``code: words`` for each of the rows."""


def reason(code: str, rows: Ints, weight: npt.ArrayLike, *words: str | pa.StringArray) -> Reason:
    """Make a reason from constant and varying words; they are joined as they stand.

    >>> reason("silent", np.array([4]), 0.5, "for ", counted(np.array([1]), "day")).text.to_pylist()
    ['silent: for 1 day']
    """
    columns = [_pick([word], np.zeros(len(rows), dtype=np.int64)) if isinstance(word, str) else word for word in (f"{code}: ", *words)]
    return Reason(rows, np.broadcast_to(np.asarray(weight, dtype=np.float64), rows.shape), _joined(*columns))


def whole(n: Ints) -> pa.StringArray:
    """Write whole numbers."""
    return cast("pa.StringArray", numbers(n).cast(pa.string()))


def counted(n: Ints, noun: str) -> pa.StringArray:
    """Write whole numbers with their noun: 1 day, 2 days."""
    return _joined(whole(n), _pick([f" {noun}", f" {noun}s"], n != 1))


def tenths(x: Floats) -> pa.StringArray:
    """Write numbers, not below 0, with one decimal.

    >>> tenths(np.array([5.0, 12.34])).to_pylist()
    ['5.0', '12.3']
    """
    tenth = np.rint(10 * x).astype(np.int64)
    return _joined(whole(tenth // 10), _pick([f".{digit}" for digit in range(10)], tenth % 10))


def percent(x: Floats) -> pa.StringArray:
    """Write shares, 0 to 1, as whole percent."""
    hundredth = np.rint(100 * x).astype(np.int64)
    return _joined(whole(hundredth), _pick([" %"], np.zeros_like(hundredth)))


def listed(n: int, reasons: Sequence[Reason]) -> "pa.ListArray[pa.StringScalar]":
    """Gather the reasons of ``n`` rows into lists of text, the weightiest first; a row without a reason has an empty list.

    >>> rows = np.array([1])
    >>> listed(2, [reason("a", rows, 0.1, "less"), reason("b", rows, 0.7, "more")]).to_pylist()
    [[], ['b: more', 'a: less']]
    """
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *(one.rows for one in reasons)])
    weight = np.concatenate([np.zeros(0), *(one.weight for one in reasons)])
    text = pa.concat_arrays([pa.array([], pa.string()), *(one.text for one in reasons)])
    order = np.lexsort((-weight, rows))
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
    offsets = cast("pa.Int32Array", pa.array(ends.astype(np.int32)))
    return cast("pa.ListArray[pa.StringScalar]", pa.ListArray.from_arrays(offsets, text.take(numbers(order))))


# The stubs know neither that a numpy array of integers makes an Arrow array of integers, nor that a join of strings gives strings.


def numbers(x: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> pa.Int64Array:
    """Make an Arrow array of whole numbers."""
    return cast("pa.Int64Array", pa.array(x.astype(np.int64)))


def _pick(words: list[str], which: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> pa.StringArray:
    return pa.array(words, pa.string()).take(numbers(which))


def _joined(*columns: pa.StringArray) -> pa.StringArray:
    separator = cast("pa.StringArray", pa.scalar("", pa.string()))
    return pc.binary_join_element_wise(*columns, separator)
