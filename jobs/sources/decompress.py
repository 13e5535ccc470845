"""Open a file as a stream of bytes, whatever it is packed with. The first bytes decide, not the name."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from schemas.errors import SourceError

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
PACKED = (".gz", ".zst")
DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)
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
        # A file may be several frames one after the other, as `zstd -T` and `cat a.zst b.zst` make it.
        return cast(BinaryIO, io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True), 1 << 18))
    return cast(BinaryIO, raw)


def unpacked_name(path: Path) -> str:
    """Return the file's name without the ending of its packing.

    >>> unpacked_name(Path("logs/helpdesk.xes.gz"))
    'helpdesk.xes'
    """
    return path.stem if path.suffix.lower() in PACKED else path.name
