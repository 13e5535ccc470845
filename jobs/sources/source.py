"""Sources: where payloads come from. Each knows how far it was read, so that a run can go on where the last one stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from schemas.journal import SourceRange


@dataclass(frozen=True)
class Payloads:
    """Some payloads in their order, and the part of the source that they are: [lo, hi) in its own measure."""

    lines: list[bytes]
    lo: int
    hi: int


class Source(Protocol):
    """Anything that gives payloads."""

    @property
    def title(self) -> str:
        """What a person calls it."""

    def feed(self, known: Mapping[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Return the journal's name of this source, and how far it was read before."""

    def read(self, start: SourceRange | None, size: Size) -> Iterator[Payloads]:
        """Yield payloads from there on; the size of each piece is asked for anew."""

    def range(self, lo: int, hi: int, received_us: int, *, ended: bool) -> SourceRange:
        """Describe the part that was read, so that the source is known again."""

    def progress(self) -> float | None:
        """Return the share that was read, None where it can't be known."""


class Size:
    """How large a batch should be: it grows while there is backlog (design §11)."""

    FIRST, MOST, MOST_BYTES = 5_000, 250_000, 64 << 20

    def __init__(self, most: int = MOST) -> None:
        self._most = max(1, most)
        self.rows = min(self.FIRST, self._most)

    def grow(self) -> None:
        """Double, up to the most."""
        self.rows = min(self._most, self.rows * 2)
