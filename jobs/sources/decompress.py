"""Open a file as a stream of bytes, whatever it is packed with. The first bytes decide, not the name."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from schemas.errors import SourceError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
PACKED = (".gz", ".zst")
DAMAGE = (EOFError, OSError, zlib.error)
"""What reading a packed file may raise where it is damaged."""


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading its plain bytes: as it stands, or unpacked where it begins like gzip or zstd.

    Damage inside a packed file shows only when it is read: then one of `DAMAGE`.

    Raises:
        SourceError: there is no such file, it is a folder, or it may not be read.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise SourceError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    head = raw.peek(4)[:4]
    if head.startswith(_GZIP):
        raw.close()
        return cast(BinaryIO, gzip.open(path))
    if head == _ZSTD:
        # Arrow's reader goes on over several frames, as `zstd -T` and `cat a.zst b.zst` make them, and says so where the last one is cut short.
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, pa.CompressedInputStream(raw, "zstd")), 1 << 18))
    return cast(BinaryIO, raw)


@contextmanager
def reading(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading its plain bytes, and close it; damage becomes an error that names the file.

    Raises:
        SourceError: it can't be opened, or is damaged where it is read.
    """
    opened = open_bytes(path)
    try:
        with opened as stream:
            yield stream
    except DAMAGE as error:
        raise SourceError(f"{str(path)!r} is damaged: {error}") from error


def unpacked_name(path: Path) -> str:
    """Return the file's name without the ending of its packing.

    >>> unpacked_name(Path("logs/helpdesk.xes.gz"))
    'helpdesk.xes'
    """
    return path.stem if path.suffix.lower() in PACKED else path.name
