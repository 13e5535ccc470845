"""Memory: what one batch gives back is kept for the next one.

The system clears every page that it hands out. A run frees and takes the same hundreds of MiB with each batch, and without this a seventh of its
time went into clearing them.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pyarrow as pa

KEPT = 256 << 20
"""So much free memory (bytes) stays with the process."""
LARGE = 128 << 20
"""Blocks from this size on (bytes) go back to the system at once all the same."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_C: Any = ctypes.CDLL(None)


def keep_freed() -> None:
    """Let this process keep what it frees, and Arrow take its memory from the same store. Where the C library has no such switch, only the latter."""
    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(_C, "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Give back to the system all that is free, also what lies between what is in use: what follows takes its memory in other ways."""
    pa.default_memory_pool().release_unused()
    trim = getattr(_C, "malloc_trim", None)
    if trim is not None:
        trim(0)
