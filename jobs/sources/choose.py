"""From what stands on the command line to a source: what it is, its name and its first look say."""

from __future__ import annotations

import difflib
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from jobs.sources.decompress import unpacked_name
from jobs.sources.journal import JournalFacts, is_journal
from jobs.sources.jsonl import JsonLines, Pipe
from jobs.sources.mapping import Mapping, mapping_for
from jobs.sources.rows import is_row_source
from jobs.sources.source import Source
from jobs.sources.table_file import TableFile
from schemas.errors import SettingError, SourceError

STANDARD_INPUT = "-"
_JSON_LINES = (".jsonl", ".ndjson", ".json")


def choose_all(given: Sequence[str], mapping: Mapping | None, stdin: BinaryIO, *, follow: bool = False) -> list[Source]:
    """Return a source for each argument, in their order. Of several only the last is followed, for the others must end before it begins.

    Raises:
        SettingError: the arguments contradict each other.
        SourceError: there is no such source.
    """
    if given.count(STANDARD_INPUT) > 1:
        raise SettingError("standard input (-) can be given once")
    last = len(given) - 1
    return [choose(one, mapping, stdin, follow=follow and place == last) for place, one in enumerate(given)]


def choose(given: str, mapping: Mapping | None, stdin: BinaryIO, *, follow: bool = False) -> Source:
    """Return the source that an argument names: ``-``, a file, a named pipe, or a Sojourn DIR.

    Args:
        given: What stands on the command line.
        mapping: For tables; None where none was given.
        stdin: What ``-`` stands for.
        follow: Wait for more at its end.

    Raises:
        SettingError: the source can't be read in this way.
        SourceError: there is no such source.
    """
    path = Path(given)
    if given == STANDARD_INPUT:
        return _piped(stdin, follow)
    if not path.exists():
        raise SourceError(f"there is no {given!r}{_near(path)}")
    if path.is_fifo():
        return _piped(path.open("rb"), follow)
    if path.is_dir() or is_table(path, mapping):
        if follow:
            raise SettingError(f"--follow reads JSON lines or standard input as they grow, and {given!r} is neither")
        return _folder(path) if path.is_dir() else TableFile(path, mapping or mapping_for(path))
    return JsonLines(path, follow)


def is_table(path: Path, mapping: Mapping | None) -> bool:
    """Say whether a file holds foreign rows: a name that is neither of a table nor of JSON lines does where a mapping is given."""
    ending = Path(unpacked_name(path)).suffix.lower()
    return ending not in _JSON_LINES and (mapping is not None or is_row_source(path))


def _piped(stream: BinaryIO, follow: bool) -> Pipe:
    """Return a stream as a source. A pipe is read as it comes, for its writer may pause, and the run must still commit and obey."""
    try:
        waits = not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # no file at all: bytes in memory
        waits = False
    return Pipe(stream, time.time_ns() // 1000, follow or waits)


def _folder(path: Path) -> JournalFacts:
    if not is_journal(path):
        raise SourceError(f"{str(path)!r} is a folder, but not one that sojourn run made; give the files in it")
    return JournalFacts(path)


def _near(path: Path) -> str:
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
    return f"; near it: {', '.join(near)}" if near else ""
