"""Durable writing: a file appears under its name whole and flushed, or not at all."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path


def writer() -> str:
    """Return a name that no other process writes under, on this machine or another one: in containers every process may have the id 1."""
    return _writer(os.getpid())


def write_new(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, flush it to the disk, and give it its name."""
    temporary = path.with_name(f".{path.name}.{writer()}.tmp")
    _write(temporary, data)
    temporary.rename(path)
    sync_folder(path.parent)


def link_new(path: Path, data: bytes) -> None:
    """The same with ``link()``, which refuses to take a name that somebody else has taken.

    Raises:
        FileExistsError: the name is taken.
    """
    temporary = path.with_name(f".{path.name}.{writer()}.tmp")
    _write(temporary, data)
    try:
        os.link(temporary, path)
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


@lru_cache(maxsize=1)
def _writer(process: int) -> str:
    return f"{process}-{secrets.token_hex(4)}"


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
