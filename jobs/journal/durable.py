"""Durable writing: a file appears under its name whole and flushed, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, flush it to the disk, and give it its name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    _write(temporary, data)
    temporary.rename(path)
    sync_folder(path.parent)


def link_new(path: Path, data: bytes) -> None:
    """The same with ``link()``, which refuses to take a name that somebody else has taken. The same bytes under that name are what was asked for.

    Raises:
        FileExistsError: the name is taken.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    _write(temporary, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        if path.read_bytes() != data:  # else an earlier try got so far
            raise
    finally:
        temporary.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
