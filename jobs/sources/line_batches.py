"""Blocks of bytes cut into batches of lines, each with its place in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate, count
from operator import add

from jobs.sources.source import TAIL, Payloads, Size

LONGEST_LINE = 64 << 20
"""A line longer than this (bytes) is cut into pieces, so that memory stays bounded; each piece becomes a dead letter."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def always(rest: bytes) -> bool:
    """Take whatever stands behind the last newline: nothing comes after it."""
    return True


def batches(
    blocks: Iterator[bytes | None], start: int, size: Size, before: bytes = b"", takes: Callable[[bytes], bool] = always
) -> Iterator[Payloads]:
    """Cut blocks of bytes into batches of lines; None among the blocks means: hand over what is there (an empty batch where nothing is).

    Lines come without what ends them (a line feed, a carriage return before it) and without a byte order mark; blank ones are no records.

    Args:
        blocks: The bytes from ``start`` on.
        start: How many bytes were read before.
        size: How many lines a batch has; all but the last, those before a None and those of very long lines have so many.
        before: The last bytes before ``start``.
        takes: Says whether the bytes behind the last newline are a line; if not, they are left unread.
    """
    cutter = _Cutter(start, before)
    for block in blocks:
        if block is not None:
            cutter.take(block)
        while cutter.waiting >= size.rows or cutter.held >= Size.MOST_BYTES:
            yield cutter.cut(size.rows)
        if block is None:
            yield cutter.cut(size.rows)
    cutter.finish(takes)
    while cutter.held:
        yield cutter.cut(size.rows)


class _Cutter:
    """Lines that were read and not handed over yet. Positions are counted from the beginning of the source."""

    def __init__(self, start: int, before: bytes) -> None:
        self._lines: list[bytes] = []
        self._ends: list[int] = []  # where each of them ends, and the next begins
        self._given = 0  # how many of them were handed over
        self._at = self._whole = self._read = start  # how far lines were handed over, are complete, were read
        self._rest, self._recent = b"", before  # what begins an incomplete line; the last bytes read

    @property
    def waiting(self) -> int:
        """How many lines can be handed over."""
        return len(self._lines) - self._given

    @property
    def held(self) -> int:
        """How many bytes can be handed over, those of blank lines included."""
        return self._whole - self._at

    def take(self, block: bytes) -> None:
        """Add a block; lines that it completes can be handed over. Overlong ones are cut."""
        *complete, rest = (self._rest + block).split(b"\n")
        ends = list(map(add, accumulate(map(len, complete)), count(self._whole + 1)))
        end = ends[-1] if ends else self._whole
        if b"\r" in block or self._rest.endswith(b"\r"):
            complete = [line.removesuffix(b"\r") for line in complete]
        while len(rest) >= LONGEST_LINE:
            complete.append(rest[:LONGEST_LINE])
            ends.append(end := end + LONGEST_LINE)
            rest = rest[LONGEST_LINE:]
        self._recent = self._recent[-(TAIL + len(self._rest)) :] + block
        self._read += len(block)
        self._add(complete, ends)
        self._rest, self._whole = rest, end

    def finish(self, takes: Callable[[bytes], bool]) -> None:
        """Take the last line, which no newline ends, if it is one. A blank one is passed over."""
        line = self._rest.removeprefix(_BYTE_ORDER_MARK if self._whole == 0 else b"").removesuffix(b"\r")
        if self._rest and (not line or line.isspace() or takes(line)):
            self._add([line], [self._read])
            self._rest, self._whole = b"", self._read

    def cut(self, rows: int) -> Payloads:
        """Hand over so many of the complete lines, or all."""
        upto = self._given + rows
        lines = self._lines[self._given : upto]
        hi = self._ends[upto - 1] if upto < len(self._lines) else self._whole
        stop = len(self._recent) - (self._read - hi)
        piece = Payloads(lines, self._at, hi, self._recent[max(0, stop - TAIL) : stop])
        self._given, self._at = min(upto, len(self._lines)), hi
        return piece

    def _add(self, lines: list[bytes], ends: list[int]) -> None:
        """Keep lines that are not blank, and forget those that were handed over."""
        del self._lines[: self._given], self._ends[: self._given]
        self._given = 0
        if self._whole == 0 and lines:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        full = [line for line in lines if line and not line.isspace()]
        if len(full) < len(lines):
            ends = [end for line, end in zip(lines, ends, strict=True) if line and not line.isspace()]
        self._lines += full
        self._ends += ends
