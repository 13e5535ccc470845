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
from schemas.journal import CHANGES, FEW, SORTED, TABLES, Segment

GROUP_ROWS = 1 << 16
BATCH_ROWS = 1 << 14
"""Rows that the writer takes at a time: a twentieth less for the small files of commits than by its own thousand."""
RANDOM = frozenset(("key", "content", "first_key"))
"""Columns of digests that hardly come twice: nothing makes them smaller."""
Filter = Any
"""An expression of pyarrow.compute; its stubs have no name for it."""


def write_segments(folder: Path, tables: Mapping[str, pa.Table], stem: str) -> list[Segment]:
    """Write each table as ``<table>/<stem>.parquet`` under the journal's folder."""
    return [_write(folder, name, table, stem, _quickly(table)) for name, table in sorted(tables.items())]


def read_segment(folder: Path, segment: Segment, columns: list[str] | None = None, rows: Filter | None = None) -> pa.Table:
    """Read a segment's rows, or some of them, or some of its columns.

    Raises:
        JournalError: the file is gone or damaged.
    """
    path = folder / segment.file
    try:
        table = _read(path, columns, rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise JournalError(f"the segment {path} can't be read: {error}; put it back from a backup") from error
    return table if columns else _whole(table, TABLES[segment.table])


def _read(path: Path, columns: list[str] | None, rows: Filter | None) -> pa.Table:
    if rows is not None:
        return pq.read_table(path, columns=columns, filters=rows, partitioning=None)
    with pq.ParquetFile(path) as file:  # a fifth less for the small files of commits
        return file.read(columns=columns)


def _whole(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give a table the columns that came after it was written, as nulls."""
    for place, field in enumerate(schema):
        if field.name not in table.column_names:
            table = table.add_column(min(place, table.num_columns), field, pa.nulls(len(table), field.type))
    return table


def create_empty(folder: Path) -> None:
    """Make the folders of all tables, and an empty file of each: views read it too, so that their types do not depend on what came."""
    for name, schema in TABLES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        sink = pa.BufferOutputStream()
        pq.write_table(schema.empty_table(), sink)
        write_new(folder / f"{name}.empty.parquet", sink.getvalue().to_pybytes())


def write_sorted(folder: Path, name: str, table: pa.Table, stem: str, through: int) -> Segment:
    """Write rows that are sorted as a compacted segment: smaller, in row groups that readers can pass over by their least and greatest values."""
    leads = [column for column in (*CHANGES.get(name, ()), *SORTED.get(name, ()), "time_us") if column in table.column_names]
    how: dict[str, Any] = {"compression": "zstd", "compression_level": 3, "write_statistics": leads, "row_group_size": GROUP_ROWS}
    few = [column for column in table.column_names if column in FEW or column == "customer_id"]
    return _write(folder, name, table, stem, {**how, "use_dictionary": few}, through)


def _quickly(table: pa.Table) -> dict[str, Any]:
    """Return how rows are written that compaction writes anew before long: zstd only where it makes much of a column smaller.

    Places in a dictionary are small already: to compress them, too, costs a tenth of all writing (half of it in small segments) for 5 % of the bytes.
    """
    many = [field for field in table.schema if field.name not in FEW | RANDOM and table[field.name].null_count < len(table)]
    packed = [leaf for field in many for leaf in _leaves(field.name, field.type)]
    few = [column for column in table.column_names if column in FEW]
    how = {"compression": dict.fromkeys(packed, "zstd"), "compression_level": dict.fromkeys(packed, 1)} if packed else {"compression": "none"}
    return {**how, "write_statistics": ["time_us"], "use_dictionary": few, "write_batch_size": BATCH_ROWS}


def _leaves(path: str, kind: Any) -> list[str]:
    """Return the names that Parquet gives to what a column consists of."""
    if pa.types.is_map(kind):
        return [*_leaves(f"{path}.key_value.key", kind.key_type), *_leaves(f"{path}.key_value.value", kind.item_type)]
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [path]


def _write(folder: Path, name: str, table: pa.Table, stem: str, how: Mapping[str, Any], through: int = -1) -> Segment:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, store_schema=False, **how)
    data = sink.getvalue()
    file = f"{name}/{stem}.parquet"
    write_new(folder / file, memoryview(data))
    return Segment(table=name, file=file, rows=len(table), md5=md5(data, usedforsecurity=False).hexdigest(), through=through)
