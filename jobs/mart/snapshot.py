"""Puts a copy of the live file where analysts find it: whole under its own number, then one change of a link.

What nothing follows is not copied: the file itself gets a second name there, and whoever opens it next copies it first.
The copy is made by a child process: if this one opened and closed the live file, DuckDB's lock on it would silently be gone.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import struct
import subprocess
import time
from hashlib import md5
from pathlib import Path

from jobs.journal.durable import sync
from schemas.errors import MartError

KEPT_SNAPSHOTS = 3
KEPT_SECONDS = 60
"""A snapshot stays while it is one of the newest, or young: who has just resolved the link can still open it."""
OPEN_SECONDS = 86_400
"""One that somebody has open stays so long, so that the files which it names stay, too."""
READ_ONLY = 0o444
_HEADERS = 3 * 4096
"""DuckDB's three headers stand before all blocks (bytes); whatever is written to a file is named there by a new number."""

_LOCK = "hhqqi4x"
"""Linux's struct flock: kind, whence, start, length, process."""
_NAME = re.compile(r"mart-(\d+)\.duckdb(\.tmp)?")


def last_number(serving: Path) -> int:
    """Return the greatest number that a snapshot, finished or not, has here; 0 where there is none."""
    return max((number for number, _ in _snapshots(serving)), default=0)


def put(live: Path, serving: Path, number: int, *, closed: bool = False) -> Path:
    """Copy the live file, which has just been checkpointed, and point the link at the copy.

    Args:
        live: The file.
        serving: Where snapshots stand.
        number: Of this one.
        closed: Nobody has the file open: it becomes the snapshot itself under a second name, and who opens it again calls ``part`` first.

    Raises:
        MartError: the copy failed.
    """
    path = serving / f"mart-{number}.duckdb"
    temporary = path.with_name(path.name + ".tmp")
    if not closed or not _named_twice(live, temporary):
        _copy(live, temporary)
    temporary.chmod(READ_ONLY)
    _seal_of(path).write_text(seal(temporary), encoding="ascii")
    temporary.rename(path)
    link = serving / "current.duckdb"
    fresh = serving / f"current.{number}.tmp"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.name)
    fresh.rename(link)
    sync(serving)
    tidy(serving)
    return path


def part(live: Path, serving: Path) -> bool:
    """Give a live file that is a snapshot, too, a place of its own: what is written to it next must not be seen there.

    Returns:
        Whether it is as it was published: who wrote to the snapshot wrote to it.

    Raises:
        MartError: the copy failed.
    """
    found = live.stat()
    if found.st_nlink > 1:
        if seal(live) not in {path.read_text(encoding="ascii") for path in serving.glob("*.seal")}:
            return False
        own = live.with_name(live.name + ".tmp")
        _copy(live, own)
        own.rename(live)
    live.chmod(found.st_mode | stat.S_IWUSR)
    return True


def seal(path: Path) -> str:
    """Return what is no longer the same when DuckDB has written to a file; copying it changes nothing."""
    with path.open("rb") as file:
        return f"{path.stat().st_size} {md5(file.read(_HEADERS), usedforsecurity=False).hexdigest()}"


def touched(path: Path) -> str | None:
    """Say how a snapshot was written to since it was published, None where it is as it was."""
    log = path.with_name(path.name + ".wal")
    if log.exists():
        return f"{path} was written to: {log.name} lies beside it"
    stated = _seal_of(path)
    if stated.exists() and stated.read_text(encoding="ascii") != seal(path):
        return f"{path} was written to since it was published"
    return None


def tidy(serving: Path, *, now_s: float | None = None) -> None:
    """Remove what is neither new nor young, and what an interrupted publication left behind."""
    now_s = time.time() if now_s is None else now_s
    for path in finished(serving)[:-KEPT_SNAPSHOTS]:
        age = now_s - path.stat().st_mtime
        if age > (OPEN_SECONDS if is_open(path) else KEPT_SECONDS):
            path.unlink()
            _seal_of(path).unlink(missing_ok=True)
    for path in serving.glob("*.tmp"):
        path.unlink()


def finished(serving: Path) -> list[Path]:
    """Return the snapshots that are whole, the oldest first."""
    return [path for _, path in sorted(_snapshots(serving)) if path.suffix == ".duckdb"]


def is_open(path: Path) -> bool:
    """Return whether another process has a snapshot open: DuckDB holds a lock on what it reads."""
    asked = struct.pack(_LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with path.open("rb") as file:
        try:
            kind, *_ = struct.unpack(_LOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
        except OSError:  # a file system without locks
            return False
    return bool(kind != fcntl.F_UNLCK)


def _seal_of(path: Path) -> Path:
    return path.with_suffix(".seal")


def _snapshots(serving: Path) -> list[tuple[int, Path]]:
    found = [(_NAME.fullmatch(path.name), path) for path in serving.iterdir()] if serving.is_dir() else []
    return [(int(match[1]), path) for match, path in found if match]


def _named_twice(source: Path, target: Path) -> bool:
    """Give a file a second name, and return whether the file system can."""
    try:
        target.hardlink_to(source)
    except OSError:
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    """Copy and flush a file; where the file system can, without copying its blocks."""
    copy = shutil.which("cp")
    if copy is None:
        raise MartError("publishing needs the command cp, and there is none on the PATH")
    tried = [[copy, "--reflink=auto", str(source), str(target)], [copy, str(source), str(target)]]
    for command in tried:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - two paths of ours
        if done.returncode == 0:
            break
    else:
        raise MartError(f"the mart could not be copied to {target}: {done.stderr.strip()}")
    sync(target)
