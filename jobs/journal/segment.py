"""Segments: immutable Parquet files of facts and changes. A segment that no commit record names is an orphan and is never read."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.journal.durable import write_new
from schemas.errors import JournalError
from schemas.journal import FEW, TABLES, Segment


def write_segments(folder: Path, tables: Mapping[str, pa.Table], stem: str) -> list[Segment]:
    """Write each table as ``<table>/<stem>.parquet`` under the journal's folder."""
    return [_write(folder, name, table, stem) for name, table in sorted(tables.items())]


def read_segment(folder: Path, segment: Segment, columns: list[str] | None = None) -> pa.Table:
    """Read a segment's rows, or some of its columns.

    Raises:
        JournalError: the file is gone or damaged.
    """
    try:
        return pq.read_table(folder / segment.file, columns=columns, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        raise JournalError(f"the segment {folder / segment.file} can't be read: {error}; put it back from a backup") from error


def create_empty(folder: Path) -> None:
    """Make the folders of all tables, and an empty file of each: views read it too, so that their types do not depend on what came."""
    for name, schema in TABLES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        sink = pa.BufferOutputStream()
        pq.write_table(schema.empty_table(), sink)
        write_new(folder / f"{name}.empty.parquet", sink.getvalue().to_pybytes())


def _write(folder: Path, name: str, table: pa.Table, stem: str) -> Segment:
    sink = pa.BufferOutputStream()
    chosen: dict[str, Any] = {"use_dictionary": [column for column in table.column_names if column in FEW], "write_statistics": ["time_us"]}
    pq.write_table(table, sink, compression="zstd", compression_level=1, store_schema=False, **chosen)
    data = sink.getvalue().to_pybytes()
    file = f"{name}/{stem}.parquet"
    write_new(folder / file, data)
    return Segment(table=name, file=file, rows=len(table), md5=md5(data, usedforsecurity=False).hexdigest())
