"""Write foreign rows as touchpoints, one JSON object a line: what a mapping makes of a file can be looked at, and read again by anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from jobs.sources.mapping import Mapping
from jobs.sources.rows import read_rows


def convert(paths: Iterable[Path], mapping: Mapping | None, out: BinaryIO) -> int:
    """Write the touchpoints of the files, in their order, as JSON lines.

    Args:
        paths: Tables or XES logs, read one after the other.
        mapping: None reads XES logs as customer = case.
        out: Gets UTF-8 lines, each ended by a line feed.

    Returns:
        How many lines were written; those that the contract refuses included, for that is the business of who reads them.

    Raises:
        SettingError: a file needs a mapping, or the mapping does not fit it.
        SourceError: a file cannot be read.
    """
    count = 0
    for path in paths:
        for batch in read_rows(path, mapping):
            out.writelines(line + b"\n" for line in batch.lines)
            count += len(batch.lines)
    return count
