"""Who reads the journal of a DIR at this moment: files that a reader may still open are not removed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.journal.durable import unique_name


@contextmanager
def reading(dir: Path) -> Iterator[None]:  # noqa: A002 - the design's word
    """Keep all files that the records name now until the block ends. A mark goes with its process, whatever ends it."""
    folder = dir / "journal" / "readers"
    try:
        folder.mkdir(exist_ok=True)
        mark = os.open(folder / unique_name(), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:  # it can't be written: a copy, or somebody else's; who reads it slowly may find that files have gone, and is told so
        yield
        return
    try:
        fcntl.flock(mark, fcntl.LOCK_SH)
        yield
    finally:
        os.close(mark)


def reading_since(dir: Path) -> float | None:  # noqa: A002
    """Return since when the one reads who has read for the longest time (seconds since 1970, by the clock of the disk); None where nobody does."""
    found = [_since(mark) for mark in (dir / "journal" / "readers").glob("*")]
    return min((since for since in found if since is not None), default=None)


def _since(mark: Path) -> float | None:
    """Return when a mark was made; one that nobody holds is removed."""
    try:
        with mark.open() as file:
            begun = os.fstat(file.fileno()).st_mtime
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.unlink(missing_ok=True)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return begun
    return None
