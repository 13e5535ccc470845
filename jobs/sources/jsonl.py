"""JSON lines: files (plain, gzip, zstd) and pipes, read in pieces; positions are decompressed bytes."""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import msgspec

from jobs.sources.decompress import reading
from jobs.sources.fingerprint import HEAD, Fingerprint, digest, fresh_name
from jobs.sources.line_batches import batches
from jobs.sources.source import TAIL, WHOLE, Payloads, Size, Stopper
from schemas.errors import SourceError
from schemas.journal import SourceRange

_log = logging.getLogger(__name__)

BLOCK = 1 << 20
SETTLED_S = 86_400.0
"""A file that was not changed for so long (seconds) is not being written any more. Writers hold back blocks, and some write rarely."""
LINGER_S = 0.5
"""How long a live source gathers a batch before it is committed."""


@dataclass
class JsonLines:
    """A file of JSON lines.

    Attributes:
        follow: Wait for more at its end instead of ending.
    """

    path: Path
    follow: bool = False

    @property
    def title(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def seen(self) -> int:
        """Return the size of a plain file; what is packed does not grow by pieces."""
        with reading(self.path) as file:
            return self.path.stat().st_size if isinstance(file, BufferedReader) and file.seekable() else WHOLE

    def find(self, known: Mapping[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Find the source that this file is: its first bytes, and those before the point that was reached, are as they were (design §8)."""
        head = _head(self.path)
        same = {name: reached for name, reached in known.items() if reached.head_size and reached.head_md5 == digest(head[: reached.head_size])}
        for name, reached in sorted(same.items(), key=lambda item: -item[1].hi):
            if self._continues(reached):
                return name, reached
        return fresh_name(f"file:{digest(head)}", known), None

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield complete lines from there on; blank ones are no records.

        Bytes behind the last newline come too, unless they look like an event that is still being written: then they are left for a later run,
        and a warning says so. After `SETTLED_S` without a change they come as they are.
        """
        with reading(self.path) as file:
            if not _skip(file, max(0, start - TAIL)):
                raise SourceError(f"{self.title!r} is shorter than it was")
            before = file.read(min(start, TAIL))
            blocks = _followed(file, stopper) if self.follow else _to_the_end(file)
            yield from batches(blocks, start, size, before, self._takes)

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read, so that the file is known again."""
        stat = self.path.stat()
        looks = Fingerprint(_head(self.path)[: piece.hi], piece.tail, stat.st_size, stat.st_mtime_ns)
        return looks.range(self.path.name, lo, piece.hi, received_us)

    def _takes(self, rest: bytes) -> bool:
        """Say whether the bytes behind the last newline are all that will ever come of their line."""
        if not rest.lstrip().startswith(b"{") or _is_whole(rest) or time.time() - self.path.stat().st_mtime >= SETTLED_S:
            return True
        _log.warning(
            "%s ends in the midst of a line: its last %d bytes are left for a later run; if nothing more comes, end them with a newline",
            self.title,
            len(rest),
        )
        return False

    def _continues(self, reached: SourceRange) -> bool:
        stat = self.path.stat()
        if reached.size == stat.st_size and reached.mtime_ns != stat.st_mtime_ns:
            return False  # written anew: it is read again, and copies fall out
        with reading(self.path) as file:
            return _skip(file, max(0, reached.hi - TAIL)) and reached.tail_md5 == digest(file.read(min(reached.hi, TAIL)))


@dataclass
class Pipe:
    """Standard input: a new source at every run; sent again, its events fall out as copies."""

    stream: BinaryIO
    started_us: int
    follow: bool = False

    @property
    def title(self) -> str:
        """What messages call it."""
        return "standard input"

    def seen(self) -> int:
        """Return nothing: all of it is yet to come."""
        return 0

    def find(self, known: Mapping[str, SourceRange]) -> tuple[str, SourceRange | None]:
        """Return a name that no source had before."""
        return fresh_name(f"stdin:{self.started_us}", known), None

    def read(self, start: int, size: Size, stopper: Stopper) -> Iterator[Payloads]:
        """Yield complete lines as they come."""
        try:
            yield from batches(_arriving(self.stream, stopper) if self.follow else _to_the_end(self.stream), start, size)
        except OSError as error:
            raise SourceError(f"{self.title} can't be read: {error}") from error

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read."""
        return SourceRange(lo=lo, hi=piece.hi, received_us=received_us, name="-")


def _to_the_end(file: BinaryIO) -> Iterator[bytes | None]:
    while block := file.read(BLOCK):
        yield block


def _followed(file: BinaryIO, stopper: Stopper) -> Iterator[bytes | None]:
    """Yield what is there and what is added, until stopped; a pause every LINGER_S so that batches close."""
    due = time.monotonic() + LINGER_S
    while not stopper.stopped:
        block = file.read(BLOCK)
        if block:
            yield block
        if not block or time.monotonic() >= due:
            yield None
            due = time.monotonic() + LINGER_S
            if not block:
                stopper.wait(LINGER_S / 5)


def _arriving(file: BinaryIO, stopper: Stopper) -> Iterator[bytes | None]:
    """The same for a pipe, which ends when its writer does."""
    due = time.monotonic() + LINGER_S
    while not stopper.stopped:
        ready, _, _ = select.select([file], [], [], LINGER_S / 5)
        if ready:
            block = file.read1(BLOCK) if hasattr(file, "read1") else file.read(BLOCK)
            if not block:
                return
            yield block
        if not ready or time.monotonic() >= due:
            yield None
            due = time.monotonic() + LINGER_S


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _head(path: Path) -> bytes:
    with reading(path) as file:
        return file.read(HEAD)


def _skip(file: BinaryIO, count: int) -> bool:
    """Go forward by so many decompressed bytes; say whether there were so many, as far as this shows before a read."""
    if isinstance(file, BufferedReader) and file.seekable():
        file.seek(count)
        return True
    while count > 0 and (passed := len(file.read(min(count, BLOCK)))):
        count -= passed
    return count <= 0
