"""Sources: where payloads come from. Each is known again, so that a run goes on where the last one stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.journal import SourceRange


@dataclass(frozen=True)
class Payloads:
    """Some payloads in their order, and the part of the source that they are: [lo, hi) in its own measure (decompressed bytes, or rows)."""

    lines: list[bytes]
    lo: int
    hi: int
    tail: bytes = b""  # the last bytes before ``hi``, at most TAIL of them, where the source is bytes


TAIL = 4096
WHOLE = 1 << 62


class Stopper:
    """Says that the run is asked to end; live sources look at it."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to end."""
        return self._event.is_set()

    def stop(self) -> None:
        """Ask the run to end after the batch at hand."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until stopped."""
        self._event.wait(seconds)


class Size:
    """How large a batch should be: it grows while there is backlog (design §11)."""

    FIRST, MOST, MOST_BYTES = 5_000, 250_000, 64 << 20

    def __init__(self, most: int = MOST) -> None:
        self._most = max(1, most)
        self.rows = min(self.FIRST, self._most)

    def grow(self) -> None:
        """Double, up to the most."""
        self.rows = min(self._most, self.rows * 2)


class Source(Protocol):
    """Anything that gives payloads.

    Attributes:
        rotated: The last reading ended because something else stands in its place: it must be found and read again.
    """

    rotated: bool

    @property
    def title(self) -> str:
        """What a person calls it."""

    def seen(self) -> int:
        """Return up to which position its content exists now, at the start of the run; WHOLE where that can't grow under this name."""

    def find(self, known: Mapping[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Return the journal's name of this source, and how far it was read before."""

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield payloads from there on. An empty batch of a live source says that nothing came."""

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read, from ``lo`` up to the end of a piece, so that the source is known again."""
