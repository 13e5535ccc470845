"""Read Parquet as rows of text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.sources.chunk import ROW_NUMBER, Chunk, distinct_names
from jobs.sources.decompress import DAMAGE, open_bytes
from pipelines.resources import read_text
from schemas.errors import SourceError

_MAGIC = b"PAR1"
_WHOLE = 1 << 30


def is_parquet(path: Path) -> bool:
    """Say whether a file begins like Parquet.

    Raises:
        SourceError: it cannot be read.
    """
    opened = open_bytes(path)
    try:
        with opened as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except DAMAGE as error:
        raise SourceError(f"{path.name!r} cannot be unpacked: {error}") from error


def read_parquet(path: Path, batch_rows: int) -> Iterator[Chunk]:
    """Yield the file's rows, `batch_rows` at a time, every value as the text that DuckDB prints for it (times with a zone in UTC).

    Raises:
        SourceError: the file is damaged.
    """
    lo = 0
    try:
        with open_bytes(path) as stream, duckdb.connect() as con:
            con.execute(read_text("jobs/sources/session.sql"))
            for batch in pq.ParquetFile(stream).iter_batches(min(batch_rows, _WHOLE)):
                con.register("typed", pa.table(batch.columns, names=distinct_names(batch.schema.names)))
                table = con.sql(read_text("jobs/sources/as_text.sql")).to_arrow_table()
                numbers = pa.array(range(lo + 1, lo + len(table) + 1), pa.int64())
                yield Chunk(table.append_column(ROW_NUMBER, numbers), lo, lo + len(table))
                lo += len(table)
    except (pa.ArrowException, duckdb.Error, ValueError, *DAMAGE) as error:
        raise SourceError(f"{path.name!r} cannot be read as Parquet after row {lo}: {error}") from error
