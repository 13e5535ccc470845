"""Digests: the first 64 bits of md5, by which keys, chains, journeys and types are known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Column, whole

try:  # CPython's own: on texts as short as ours it takes half the time of OpenSSL's, which hashlib prefers
    from _md5 import md5 as _md5  # type: ignore[import-not-found]
except ImportError:
    from functools import partial
    from hashlib import md5

    _md5 = partial(md5, usedforsecurity=False)

_PART = 2048
"""Texts that are hashed before the next ones become objects of Python: their memory is still in the processor's cache, and used again."""


def digests(texts: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return for each text the number that the first 16 hex digits of its md5 spell.

    >>> [f"{number:016x}" for number in digests([b"", b"a"]).tolist()]
    ['d41d8cd98f00b204', '0cc175b9c0f1b6a8']
    """
    return np.frombuffer(b"".join([_md5(text).digest() for text in texts]), ">u8")[::2].astype(np.uint64)


def digests_of(texts: Column) -> NDArray[np.uint64]:
    """Return the same of a column of texts without nulls, in UTF-8.

    >>> [f"{number:016x}" for number in digests_of(pa.array(["", "a"])).tolist()]
    ['d41d8cd98f00b204', '0cc175b9c0f1b6a8']
    """
    column: Any = whole(texts).cast(pa.binary())
    parts = [digests(column.slice(begin, _PART).to_pylist()) for begin in range(0, len(column), _PART)]
    return np.concatenate([np.empty(0, np.uint64), *parts])


def digest(text: str) -> int:
    """Return the same of one text."""
    return int.from_bytes(_md5(text.encode()).digest()[:8], "big")
