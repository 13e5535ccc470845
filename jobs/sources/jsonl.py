"""JSON lines: files (plain, gzip, zstd) and pipes, read in pieces; positions are decompressed bytes."""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import msgspec

from jobs.sources.decompress import reading
from jobs.sources.fingerprint import HEAD, Fingerprint, digest, fresh_name
from jobs.sources.line_batches import batches
from jobs.sources.source import TAIL, WHOLE, Payloads, Size, Stopper
from jobs.sources.watch import Watch
from schemas.errors import SourceError
from schemas.journal import SourceRange

_log = logging.getLogger(__name__)

BLOCK = 1 << 20
SETTLED_S = 86_400.0
"""A file that was not changed for so long (seconds) is not being written any more. Writers hold back blocks, and some write rarely."""
LINGER_S = 0.5
"""How long a live source gathers a batch before it is committed."""
FAREWELL_S = 1.0
"""A file that was moved away is left when nothing more came for so long (seconds): its writer may not have opened the new one yet."""


@dataclass
class JsonLines:
    """A file of JSON lines.

    Attributes:
        follow: Wait for more at its end instead of ending.
        rotated: The last reading ended because another file stands in its place, or it was emptied: find it and read it again.
    """

    path: Path
    follow: bool = False
    rotated: bool = field(default=False, init=False)
    _watch: Watch | None = field(default=None, init=False, repr=False)  # of the file that was opened last
    _first: bytes = field(default=b"", init=False, repr=False)  # its first bytes, as they were read

    @property
    def title(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def seen(self) -> int:
        """Return the size of a plain file; what is packed does not grow by pieces."""
        with reading(self.path) as file:
            return self.path.stat().st_size if _is_plain(file) else WHOLE

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
        self.rotated, self._watch, self._first = False, Watch(self.path), _head(self.path)[:start]
        with reading(self.path) as file:
            if not _skip(file, max(0, start - TAIL)):
                raise SourceError(f"{self.title!r} is shorter than it was")
            before = file.read(min(start, TAIL))
            blocks = self._followed(file, self._watch, stopper) if self.follow else _to_the_end(file)
            yield from batches(self._noting(blocks), start, size, before, self._takes)

    def describe(self, lo: int, piece: Payloads, received_us: int) -> SourceRange:
        """Describe what was read, so that the file is known again. It may stand elsewhere by now."""
        watch = self._watch or Watch(self.path)
        watch.replaced()
        return Fingerprint(self._first[: piece.hi], piece.tail, watch.stat.st_size, watch.stat.st_mtime_ns).range(
            self.path.name, lo, piece.hi, received_us
        )

    def _noting(self, blocks: Iterator[bytes | None]) -> Iterator[bytes | None]:
        """Pass blocks on; keep the first bytes of the file."""
        for block in blocks:
            if block is not None and len(self._first) < HEAD:
                self._first += block[: HEAD - len(self._first)]
            yield block

    def _followed(self, file: BinaryIO, watch: Watch, stopper: Stopper) -> Iterator[bytes | None]:
        """Yield what is there and what is added, until stopped or rotated; a pause every LINGER_S so that batches close."""
        came = time.monotonic()
        due = came + LINGER_S
        while not stopper.stopped:
            block = file.read(BLOCK)
            if block:
                came = time.monotonic()
                yield block
            if not block or time.monotonic() >= due:
                yield None
                due = time.monotonic() + LINGER_S
            if not block:
                if watch.cut_back(_on_disk(file)) or (watch.replaced() and time.monotonic() - came >= FAREWELL_S):
                    self.rotated = True
                    return
                stopper.wait(LINGER_S / 5)

    def _takes(self, rest: bytes) -> bool:
        """Say whether the bytes behind the last newline are all that will ever come of their line."""
        watch = self._watch or Watch(self.path)
        over = self.rotated or watch.replaced() or time.time() - watch.stat.st_mtime >= SETTLED_S
        if over or not rest.lstrip().startswith(b"{") or _is_whole(rest):
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

    rotated = False

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


def _arriving(file: BinaryIO, stopper: Stopper) -> Iterator[bytes | None]:
    """Yield what comes through a pipe, which ends when its writer does; a pause every LINGER_S so that batches close."""
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


def _is_plain(file: BinaryIO) -> bool:
    return isinstance(file, BufferedReader) and file.seekable()


def _on_disk(file: BinaryIO) -> int:
    """Return how far a file was read, in its bytes on the disk; 0 where it is packed, for that does not show."""
    return file.tell() if _is_plain(file) else 0


def _skip(file: BinaryIO, count: int) -> bool:
    """Go forward by so many decompressed bytes; say whether there were so many, as far as this shows before a read."""
    if _is_plain(file):
        file.seek(count)
        return True
    while count > 0 and (passed := len(file.read(min(count, BLOCK)))):
        count -= passed
    return count <= 0
