"""Values of a query's answer as JSON, as CSV, and as plain text. Instants are UTC, in RFC 3339."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import BinaryIO, TextIO

import msgspec
import pyarrow as pa

from jobs.sources.chunk import distinct_names

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_encoder = msgspec.json.Encoder(decimal_format="number", enc_hook=str)


def rows_of(answer: pa.RecordBatchReader) -> Iterator[dict[str, object]]:
    """Yield the rows of an answer, as the values that JSON has. Of columns with the same name the later ones get a number."""
    names = distinct_names(answer.schema.names)
    for batch in answer:
        for row in batch.rename_columns(names).to_pylist(maps_as_pydicts="lossy"):
            yield {name: _simple(value) for name, value in row.items()}


def write_json(rows: Iterator[dict[str, object]], out: TextIO) -> None:
    """Write one array of objects, one a line, as the rows come."""
    before = "["
    for row in rows:
        out.write(f"{before}{_encoder.encode(row).decode()}")
        before = ",\n "
    out.write("[]\n" if before == "[" else "]\n")


def write_csv(names: Sequence[str], rows: Iterator[dict[str, object]], out: TextIO) -> None:
    """Write a header and rows; lists and structs as JSON, null as nothing."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([plain(value, exact=True) for value in row.values()] for row in rows)


def write_lines(answer: pa.RecordBatchReader, out: BinaryIO) -> None:
    """Write the first column, a value a line: bytes as they are, null as an empty line."""
    for batch in answer:
        for value in batch.column(0).to_pylist():
            out.write((value if isinstance(value, bytes) else plain(_simple(value), exact=True).encode()) + b"\n")
    out.flush()


def plain(value: object, *, exact: bool = False) -> str:
    """Write a value as text.

    Args:
        value: Any value of a row.
        exact: All digits of a number or an instant; else three decimals, and whole seconds.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value if exact or not _INSTANT.fullmatch(value) else f"{value[:10]} {value[11:19]}Z"
    if isinstance(value, float) and not exact and math.isfinite(value):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, bool | dict | list):
        return _encoder.encode(value).decode()
    return str(value)


def _simple(value: object) -> object:
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return [_simple(part) for part in value]
    if isinstance(value, dict):
        return {str(name): _simple(part) for name, part in value.items()}
    return value
