"""Durable writing: a file appears under its name whole and flushed, or not at all."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path


def unique_name() -> str:
    """Return a name that nobody has, on this machine or another one: in containers every process may have the id 1."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def boot_time() -> float:
    """Return seconds that go on while the machine sleeps and this process is stopped."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def write_new(path: Path, data: bytes | memoryview) -> None:
    """Write a file under a temporary name, flush it to the disk, and give it its name."""
    temporary = _written(path, data)
    temporary.rename(path)
    sync(path.parent)


def link_new(path: Path, data: bytes) -> None:
    """The same with ``link()``, which refuses to take a name that somebody else has taken. The same bytes under that name are what was asked for.

    Raises:
        FileExistsError: the name is taken.
    """
    temporary = _written(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        if path.read_bytes() != data:  # else an earlier try got so far
            raise
    finally:
        temporary.unlink()
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file's bytes, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(path: Path, data: bytes | memoryview) -> Path:
    """Return a flushed file beside ``path``; one that the disk refuses is removed."""
    temporary = path.with_name(f".{path.name}.{unique_name()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
