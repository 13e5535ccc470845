"""Read an XES event log as rows: one row an event, one column an attribute, those of the trace as ``case:…``.

The log streams through: memory holds a batch and the trace at hand. A document type is refused before anything in it is read, so there is
no entity to expand or fetch. Source: IEEE 1849-2016 (XES), section 5.
"""

from __future__ import annotations

import logging
import pyexpat
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pyarrow as pa

from jobs.sources.chunk import ROW_NUMBER, Chunk, distinct_names, text_column
from jobs.sources.decompress import DAMAGE, open_bytes
from schemas.errors import SourceError

_log = logging.getLogger(__name__)
_BLOCK = 1 << 18
_TRACE = "case:"

Row = dict[str, str]


class _Collector:
    """Takes expat's calls and keeps the rows of finished traces."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.ignored = 0  # attributes inside attributes, lists and attributes without a value
        self._root = ""
        self._trace: Row | None = None
        self._event: Row | None = None
        self._events: list[Row] = []
        self._inside = 0  # depth below an element whose children are no attributes of ours

    def start(self, tag: str, given: list[str]) -> None:
        """Take an element's tag, and its attributes as [name, value, name, value, …]."""
        if self._inside:
            self._inside += 1
            self.ignored += self._trace is not None or self._event is not None
        elif self._event is not None:
            self._inside = 1
            if len(given) == 4 and given[0] == "key":  # nearly every element of a log is this one
                self._event[given[1]] = given[3]
            else:
                self._attribute(self._event, "", given)
        else:
            self._outside_events(tag.rpartition(":")[2], given)

    def _outside_events(self, tag: str, given: list[str]) -> None:
        if not self._root:
            self._root = tag
            if tag != "log":
                raise SourceError(f"is no XES log: its root is <{tag}>, expected <log>")
        elif tag == "event":
            self._event = {}
        elif tag == "trace" and self._trace is None:
            self._trace = {}
        elif self._trace is not None:
            self._attribute(self._trace, _TRACE, given)
        else:
            self._inside = 1  # extensions, globals, classifiers and attributes of the log

    def _attribute(self, row: Row, prefix: str, given: list[str]) -> None:
        self._inside = 1
        named = dict(zip(given[::2], given[1::2], strict=True))
        key, value = named.get("key"), named.get("value")
        if key is None or value is None:
            self.ignored += 1
        else:
            row[prefix + key] = value

    def end(self, _tag: str) -> None:
        if self._inside:
            self._inside -= 1
        elif self._event is not None:
            # Trace attributes may stand after the events, so these wait for the end of their trace.
            (self.rows if self._trace is None else self._events).append(self._event)
            self._event = None
        elif self._trace is not None:
            trace = self._trace
            self.rows += [{**trace, **event} for event in self._events]
            self._events, self._trace = [], None


def _refuse_doctype(*_: object) -> NoReturn:
    raise SourceError("has a document type (<!DOCTYPE …>); an XES log has none, and entities are not expanded")


def _parser(collector: _Collector) -> pyexpat.XMLParserType:
    parser = pyexpat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    return parser


def _traces(path: Path, collector: _Collector) -> Iterator[None]:
    """Feed the file to the collector; yield after each block."""
    parser = _parser(collector)
    opened = open_bytes(path)
    try:
        with opened as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
                yield
        parser.Parse(b"", True)
    except (pyexpat.ExpatError, LookupError) as error:  # LookupError: its encoding is none that Python knows
        raise SourceError(f"{path.name!r} is damaged XML: {error}") from error
    except DAMAGE as error:
        raise SourceError(f"{path.name!r} cannot be unpacked: {error}") from error
    except SourceError as error:
        raise SourceError(f"{path.name!r} {error}") from error


def _chunk(rows: list[Row], lo: int, columns: dict[str, None]) -> Chunk:
    for row in rows:
        columns.update(dict.fromkeys(row))
    names = zip(columns, distinct_names(columns), strict=True)
    table = pa.table({name: text_column([row.get(key) for row in rows]) for key, name in names})
    numbers = pa.array(range(lo + 1, lo + len(rows) + 1), pa.int64())
    return Chunk(table.append_column(ROW_NUMBER, numbers), lo, lo + len(rows))


def read_xes(path: Path, batch_rows: int) -> Iterator[Chunk]:
    """Yield a log's events in the order of the file, `batch_rows` at a time.

    A column that was seen once stays in all later chunks. Attributes nested in attributes, and lists, are not read; how many there were is logged.

    Raises:
        SourceError: the file is no XES log, is damaged, or has a document type.
    """
    collector = _Collector()
    columns: dict[str, None] = {}
    lo = 0
    for _ in _traces(path, collector):
        while len(collector.rows) >= batch_rows:
            yield _chunk(collector.rows[:batch_rows], lo, columns)
            del collector.rows[:batch_rows]
            lo += batch_rows
    if collector.rows:
        yield _chunk(collector.rows, lo, columns)
    if collector.ignored:
        _log.info("%s: %d nested attributes were not read", path.name, collector.ignored)
