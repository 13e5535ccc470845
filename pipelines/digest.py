"""Digests: the first 64 bits of md5, by which keys, chains, journeys and types are known."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

try:  # CPython's own: on texts as short as ours it takes half the time of OpenSSL's, which hashlib prefers
    from _md5 import md5 as _md5  # type: ignore[import-not-found]
except ImportError:
    from functools import partial
    from hashlib import md5

    _md5 = partial(md5, usedforsecurity=False)


def digests(texts: Iterable[bytes]) -> NDArray[np.uint64]:
    """Return for each text the number that the first 16 hex digits of its md5 spell.

    >>> [f"{number:016x}" for number in digests([b"", b"a"]).tolist()]
    ['d41d8cd98f00b204', '0cc175b9c0f1b6a8']
    """
    return np.frombuffer(b"".join([_md5(text).digest() for text in texts]), ">u8")[::2].astype(np.uint64)


def digest(text: str) -> int:
    """Return the same of one text."""
    return int.from_bytes(_md5(text.encode()).digest()[:8], "big")
