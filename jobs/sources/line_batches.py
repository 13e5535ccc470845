"""Blocks of bytes cut into batches of lines, each with its place in the source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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


@dataclass
class _Lines:
    """The lines that a block completed, without blank ones."""

    lines: list[bytes]
    begin: int  # where the first one begins
    ends: list[int] | None  # where each ends, and the next begins; None where each is followed by nothing but a newline
    given: int = 0  # how many of them were handed over

    def end(self) -> int:
        """Return where the last one ends that was handed over."""
        if self.ends is not None:
            return self.ends[self.given - 1]
        return self.begin + sum(map(len, self.lines[: self.given])) + self.given


class _Cutter:
    """Lines that were read and not handed over yet. Positions are counted from the beginning of the source."""

    def __init__(self, start: int, before: bytes) -> None:
        self._parts: deque[_Lines] = deque()
        self.waiting = 0  # how many lines can be handed over
        self._at = self._whole = self._read = start  # how far lines were handed over, are complete, were read
        self._rest, self._recent = b"", before  # what begins an incomplete line; the last bytes read

    @property
    def held(self) -> int:
        """How many bytes can be handed over, those of blank lines included."""
        return self._whole - self._at

    def take(self, block: bytes) -> None:
        """Add a block; lines that it completes can be handed over. Overlong ones are cut."""
        complete = (self._rest + block).split(b"\n")
        rest, begin = complete.pop(), self._whole
        self._whole += len(self._rest) + len(block) - len(rest)
        ends = None
        if len(rest) >= LONGEST_LINE or b"\r" in block or self._rest.endswith(b"\r") or _has_blank(complete) or (begin == 0 and complete):
            ends = list(map(add, accumulate(map(len, complete)), count(begin + 1)))
            complete = [line.removesuffix(b"\r") for line in complete]
        while len(rest) >= LONGEST_LINE:
            complete.append(rest[:LONGEST_LINE])
            self._whole += LONGEST_LINE
            ends = [*(ends or ()), self._whole]
            rest = rest[LONGEST_LINE:]
        self._recent = self._recent[-(TAIL + len(self._rest)) :] + block
        self._read += len(block)
        self._rest = rest
        self._add(complete, begin, ends)

    def finish(self, takes: Callable[[bytes], bool]) -> None:
        """Take the last line, which no newline ends, if it is one. A blank one is passed over."""
        line = self._rest.removeprefix(_BYTE_ORDER_MARK if self._whole == 0 else b"").removesuffix(b"\r")
        if self._rest and (not line or line.isspace() or takes(line)):
            begin, self._rest, self._whole = self._whole, b"", self._read
            self._add([line], begin, [self._read])

    def cut(self, rows: int) -> Payloads:
        """Hand over so many of the complete lines, or all."""
        lines: list[bytes] = []
        hi = self._at
        while self._parts and len(lines) < rows:
            part = self._parts[0]
            upto = part.given + rows - len(lines)
            lines += part.lines[part.given : upto]
            part.given = min(upto, len(part.lines))
            hi = part.end() if len(lines) == rows else hi
            if part.given == len(part.lines):
                self._parts.popleft()
        self.waiting -= len(lines)
        hi = hi if self.waiting else self._whole
        stop = len(self._recent) - (self._read - hi)
        piece = Payloads(lines, self._at, hi, self._recent[max(0, stop - TAIL) : stop])
        self._at = hi
        return piece

    def _add(self, lines: list[bytes], begin: int, ends: list[int] | None) -> None:
        """Keep lines that are not blank."""
        if begin == 0 and lines:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        if ends is not None:
            full = [place for place, line in enumerate(lines) if line and not line.isspace()]
            lines, ends = [lines[place] for place in full], [ends[place] for place in full]
        if lines:
            self._parts.append(_Lines(lines, begin, ends))
            self.waiting += len(lines)


def _has_blank(lines: list[bytes]) -> bool:
    return not all(lines) or any(map(bytes.isspace, lines))
