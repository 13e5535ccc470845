"""What a file is known again by: its first bytes, others of it, its size and its time of change (design §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5

from schemas.journal import SourceRange

HEAD = 4096
"""How many of the first bytes count."""


@dataclass(frozen=True)
class Fingerprint:
    """How a file looked when it was read.

    Attributes:
        head: Its first bytes, at most `HEAD`.
        tail: Bytes from elsewhere in it; which ones, the source decides.
        size: Bytes on the disk.
        mtime_ns: When it was last changed.
    """

    head: bytes
    tail: bytes
    size: int
    mtime_ns: int

    def range(self, name: str, lo: int, hi: int, received_us: int) -> SourceRange:
        """Describe the part [lo, hi) of the file, which people call ``name``."""
        return SourceRange(
            lo=lo,
            hi=hi,
            received_us=received_us,
            name=name,
            head_size=len(self.head),
            head_md5=digest(self.head),
            tail_md5=digest(self.tail),
            size=self.size,
            mtime_ns=self.mtime_ns,
        )

    def is_of(self, reached: SourceRange) -> bool:
        """Say whether a file that was read before looked like this in every respect."""
        looked = (reached.head_size, reached.head_md5, reached.tail_md5, reached.size, reached.mtime_ns)
        return looked == (len(self.head), digest(self.head), digest(self.tail), self.size, self.mtime_ns)


def digest(data: bytes) -> str:
    """Return the md5 of some bytes as hex digits."""
    return md5(data, usedforsecurity=False).hexdigest()


def fresh_name(name: str, known: Mapping[str, SourceRange]) -> str:
    """Return the name, with a number behind it where a source of that name was read before."""
    names = (name if k == 1 else f"{name}#{k}" for k in range(1, len(known) + 2))
    return next(candidate for candidate in names if candidate not in known)
