"""Checks of the journal's files: each that a record names is there, whole, and as it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.check.records import Result
from jobs.contents import Contents
from schemas.journal import LATER, TABLES, Segment


def check_segments(found: Contents) -> Iterator[Result]:
    """Check that files are named once, unchanged since they were written, and hold the rows that their record says."""
    segments = [segment for commit in found.commits for segment in commit.segments]
    named = Counter(segment.file for segment in segments)
    yield "no file is named by two records", [f"{file} is named {count} times" for file, count in named.items() if count > 1]
    yield (
        "every file is there, with the md5, the rows and the columns of its record",
        [text for segment in segments if (text := _wrong(found.dir / "journal", segment))],
    )


def _wrong(folder: Path, segment: Segment) -> str | None:
    path = folder / segment.file
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"{path}: {error.strerror}"
    if md5(data, usedforsecurity=False).hexdigest() != segment.md5:
        return f"{path}: its bytes are not those that were written (md5 differs)"
    file = pq.ParquetFile(pa.BufferReader(data))
    if file.metadata.num_rows != segment.rows:
        return f"{path}: {file.metadata.num_rows:,} rows, its record says {segment.rows:,}"
    names = file.schema_arrow.names
    if names != [name for name in TABLES[segment.table].names if name in names or name not in LATER]:
        return f"{path}: its columns are not those of {segment.table}"
    return None
