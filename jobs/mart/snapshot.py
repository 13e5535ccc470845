"""Puts a copy of the live file where analysts find it: whole under its own number, then one change of a link.

The copy is made by a child process: if this one opened and closed the live file, DuckDB's lock on it would silently be gone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from jobs.journal.durable import sync_folder
from schemas.errors import MartError

KEPT_SNAPSHOTS = 3
KEPT_SECONDS = 600
"""A snapshot stays while it is one of the newest, or young: who has just resolved the link can still open it."""

_NAME = re.compile(r"mart-(\d+)\.duckdb(\.tmp)?")


def last_number(serving: Path) -> int:
    """Return the greatest number that a snapshot, finished or not, has here; 0 where there is none."""
    return max((number for number, _ in _snapshots(serving)), default=0)


def put(live: Path, serving: Path, number: int) -> Path:
    """Copy the live file, which has just been checkpointed, and point the link at the copy.

    Raises:
        MartError: the copy failed.
    """
    path = serving / f"mart-{number}.duckdb"
    temporary = path.with_name(path.name + ".tmp")
    _copy(live, temporary)
    temporary.rename(path)
    link = serving / "current.duckdb"
    fresh = serving / f"current.{number}.tmp"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.name)
    fresh.rename(link)
    sync_folder(serving)
    return path


def tidy(serving: Path, *, now_s: float | None = None) -> None:
    """Remove what is neither new nor young, and what an interrupted publication left behind."""
    oldest = (time.time() if now_s is None else now_s) - KEPT_SECONDS
    finished = sorted((number, path) for number, path in _snapshots(serving) if path.suffix == ".duckdb")
    for _, path in finished[:-KEPT_SNAPSHOTS]:
        if path.stat().st_mtime < oldest:
            path.unlink()
    for path in serving.glob("*.tmp"):
        path.unlink()


def _snapshots(serving: Path) -> list[tuple[int, Path]]:
    found = [(_NAME.fullmatch(path.name), path) for path in serving.iterdir()] if serving.is_dir() else []
    return [(int(match[1]), path) for match, path in found if match]


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
    _flush(target)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
