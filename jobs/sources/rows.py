"""Read foreign rows (CSV, TSV, PSV, Parquet, XES) as touchpoints, through a mapping."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.sources.chunk import Chunk
from jobs.sources.columnar import is_parquet, read_parquet
from jobs.sources.decompress import unpacked_name
from jobs.sources.delimited import read_delimited
from jobs.sources.mapper import Mapper
from jobs.sources.mapping import XES_ENDINGS, Mapping, mapping_for
from jobs.sources.xes import read_xes

_ENDINGS = (".csv", ".tsv", ".psv", ".txt", ".parquet", *XES_ENDINGS)
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class RowBatch:
    """Touchpoints of the source's rows [lo, hi), counted from 0. A row may give none, one or several."""

    lines: list[bytes]  # one touchpoint each, plain JSON, in the order of the source
    lo: int
    hi: int


def is_row_source(path: Path) -> bool:
    """Say whether a file's name is that of a table or of an event log of others, packed or not."""
    return Path(unpacked_name(path)).suffix.lower() in _ENDINGS


def read_rows(path: Path, mapping: Mapping | None, *, start: int = 0, batch_rows: int = BATCH_ROWS) -> Iterator[RowBatch]:
    """Yield a file's touchpoints, `batch_rows` rows at a time. Lines and their ids do not depend on how the rows were cut.

    Args:
        path: A table (text or Parquet) or an XES log; .gz and .zst are unpacked.
        mapping: None for an XES log means customer = case.
        start: How many rows were read before: they are counted, but not given again.
        batch_rows: Rows of a batch. A mapping that looks at many rows at once gets, and gives, the whole file as one.

    Raises:
        SettingError: the file needs a mapping, or the mapping does not fit it.
        SourceError: the file cannot be read, or is not what its name says.
    """
    mapping = mapping or mapping_for(path)
    size = batch_rows if mapping.select.row_wise else sys.maxsize
    with Mapper(mapping) as mapper:
        for chunk in _chunks(path, mapping, size):
            if chunk.hi <= start:
                mapper.pass_over(chunk)
            else:
                yield RowBatch(_lines(mapper, chunk, start), max(start, chunk.lo), chunk.hi)


def _chunks(path: Path, mapping: Mapping, size: int) -> Iterator[Chunk]:
    if is_parquet(path):
        return read_parquet(path, size)
    if Path(unpacked_name(path)).suffix.lower() in XES_ENDINGS:
        return read_xes(path, size)
    return read_delimited(path, mapping.forms, size)


def _lines(mapper: Mapper, chunk: Chunk, start: int) -> list[bytes]:
    lines, rows = mapper.lines(chunk)
    if chunk.broken:
        placed = sorted([*zip(rows, lines, strict=True), *chunk.broken.items()], key=lambda pair: pair[0])
        rows, lines = [row for row, _ in placed], [line for _, line in placed]
    if start <= chunk.lo:
        return lines
    return [line for row, line in zip(rows, lines, strict=True) if row > start or row == 0]
