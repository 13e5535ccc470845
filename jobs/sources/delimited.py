"""Read CSV, TSV, PSV and columns set apart by blanks as rows of text. Nothing is guessed about types, and no row is dropped."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from jobs.sources.chunk import ROW_NUMBER, Chunk, distinct_names, text_column
from jobs.sources.decompress import DAMAGE, open_bytes, unpacked_name
from schemas.errors import SettingError, SourceError

BLANKS = "whitespace"
_FIELD_LIMIT = 1 << 24  # characters of one field; more is a quote that nobody closed
_SNIFFED = 1 << 16
_BY_NAME = {".tsv": "\t", ".psv": "|"}

Fields = list[str]


@dataclass(frozen=True)
class Form:
    """How a delimited file is written. What is None is found out: the delimiter from the name or the first line."""

    delim: str | None = None  # one character, or "whitespace": any number of blanks
    header: bool = True
    columns: tuple[str, ...] = ()  # the names; with a header, the header that is expected
    encoding: str | None = None  # None: by its byte order mark, else UTF-8
    quote: str | None = '"'


def _encoding(head: bytes) -> str:
    return "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


def _text(path: Path, form: Form) -> TextIO:
    with open_bytes(path) as stream:
        head = stream.read(2)
    # A byte that is no text stays visible as \xff: it is neither lost nor the end of the run.
    return io.TextIOWrapper(open_bytes(path), form.encoding or _encoding(head), errors="backslashreplace", newline="")


def _delimiter(path: Path, form: Form, first_line: str) -> str:
    known = form.delim or _BY_NAME.get(Path(unpacked_name(path)).suffix.lower())
    return known or max(",;\t|", key=first_line.count)


def _split(lines: Iterable[str], delim: str, quote: str | None) -> Iterator[Fields]:
    if delim == BLANKS:
        return (fields for line in lines if (fields := line.split()))
    csv.field_size_limit(_FIELD_LIMIT)
    rows = csv.reader(lines, delimiter=delim, quotechar=quote, quoting=csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL)
    return (fields for fields in rows if fields)


def _fits(first: Fields, form: Form) -> bool:
    if form.header:
        return not form.columns or tuple(first) == form.columns
    return not form.columns or len(first) == len(form.columns)


def _first(path: Path, form: Form) -> tuple[Fields, str]:
    with _text(path, form) as text:
        sample = text.read(_SNIFFED)
    delim = _delimiter(path, form, sample.split("\n", 1)[0])
    return next(_split(io.StringIO(sample, newline=""), delim, form.quote), []), delim


def _choose(path: Path, forms: tuple[Form, ...]) -> tuple[Form, str, Fields]:
    """Return the first form that the file's first row fits, its delimiter, and that row."""
    for form in forms:
        first, delim = _first(path, form)
        if not first or _fits(first, form):
            return form, delim, first
    expected = " or ".join(f"{len(form.columns)} columns ({', '.join(form.columns)})" for form in forms)
    raise SettingError(f"{path.name!r} does not look as the mapping says: its first row is {first!r}, expected {expected}")


def _chunk(rows: list[Fields], lo: int, names: Fields) -> Chunk:
    width = len(names)
    broken = {lo + i + 1: json.dumps(row, ensure_ascii=False).encode() for i, row in enumerate(rows) if len(row) > width}
    kept = [(lo + i + 1, row) for i, row in enumerate(rows) if len(row) <= width]
    padded = [row if len(row) == width else [*row, *[""] * (width - len(row))] for _, row in kept]
    columns = zip(*padded, strict=True) if padded else ((),) * width
    table = pa.table({name: text_column(list(values)) for name, values in zip(names, columns, strict=True)})
    return Chunk(table.append_column(ROW_NUMBER, pa.array([number for number, _ in kept], pa.int64())), lo, lo + len(rows), broken)


def read_delimited(path: Path, forms: tuple[Form, ...], batch_rows: int) -> Iterator[Chunk]:
    """Yield the file's rows, `batch_rows` at a time; blank lines are no rows.

    A row with fewer fields than the header ends in nulls. One with more fields is not a row of this table: it is handed on as it stands, as broken.

    Raises:
        SettingError: no form of the mapping fits the file.
        SourceError: the file is damaged, or a quote is never closed.
    """
    lo = 0
    try:
        form, delim, first = _choose(path, forms)
        names = distinct_names(form.columns or (first if form.header else [""] * len(first)))
        with _text(path, form) as text:
            rows = _split(text, delim, form.quote)
            if form.header:
                next(rows, None)
            while batch := list(islice(rows, batch_rows)):
                yield _chunk(batch, lo, names)
                lo += len(batch)
    except csv.Error as error:
        raise SourceError(f"{path.name!r} cannot be read as delimited text after row {lo}: {error}") from error
    except (*DAMAGE, UnicodeError, LookupError) as error:
        raise SourceError(f"{path.name!r} cannot be read after row {lo}: {error}") from error
