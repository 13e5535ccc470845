"""Writes touchpoints as JSON lines, many of one type at a time: a template for each shape, and columns that fill it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.simulate.chance import Flags, Ints, Texts
from pipelines.simulate.world import CHANNELS, TYPES, ZONES, source_of

_RAW = frozenset({"who", "actor", "promise", "rating", "money", "attributes", "text", "sequence", "wait_s", "service_s"})
_CHANNEL_CODE = {name: code for code, name in enumerate(CHANNELS)}
_TYPE_CODE = {name: code for code, name in enumerate(TYPES)}
_CHANNEL_NAMES = np.array(CHANNELS, dtype=object)
Column = str | NDArray[Any]
Fields = Mapping[str, Column]
"""Touchpoint fields: the same text in every row, or a column with one value a row."""


def texts(values: list[str]) -> Texts:
    """Make a column of texts."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def numbered(prefix: str, first: int, n: int) -> Texts:
    """Make the names prefix+first … prefix+(first+n−1)."""
    return texts([f"{prefix}{number}" for number in range(first, first + n)])


def instants(at: Ints) -> list[str]:
    """Write instants (ms since 1970, UTC) as RFC 3339 without the zone's letter."""
    written: list[str] = np.datetime_as_string(at.astype("datetime64[ms]")).tolist()
    return written


class Ledger:
    """The lines of one day, in the order in which they were thought of; `drain` hands them over."""

    def __init__(self) -> None:
        self._next = 1
        self._flow = 1
        self._templates: dict[tuple[object, ...], str] = {}
        self._at: list[Ints] = []
        self._marks: list[Ints] = []
        self._lines: list[str] = []

    def flows(self, prefix: str, n: int) -> Texts:
        """Name n new flows: calls, threads, cases, orders."""
        self._flow += n
        return numbered(prefix, self._flow - n, n)

    def write(self, kind: str, at: Ints, only: Flags | None = None, /, **fields: Column) -> Ints:
        """Write one event of the type for each row that `only` marks.

        Args:
            kind: The touchpoint's type.
            at: When, ms since 1970 UTC, one for each row.
            only: The rows that get an event; all where it is missing.
            fields: Touchpoint fields. A text is the same in every row; a column has one value a row. `who`, blocks and numbers are
                JSON already; `channel` may be a column of codes (its place in `CHANNELS`); `tail` is a column of JSON put at the end.

        Returns:
            The numbers of the events (the id is ``e<number>``), one for each row, −1 where there is none.
        """
        if "tail" in fields:
            fields["tail"] = fields.pop("tail")  # its hole is the last
        rows = np.arange(len(at)) if only is None else np.flatnonzero(only)
        numbers = np.full(len(at), -1, dtype=np.int64)
        if not len(rows):
            return numbers
        numbers[rows] = np.arange(self._next, self._next + len(rows))
        self._next += len(rows)
        self._mark(kind, fields.get("channel", "none"), rows)
        self._at.append(at[rows])
        columns = [range(self._next - len(rows), self._next), instants(at[rows] + _zone(kind, fields)[1]), *self._columns(fields, rows)]
        self._lines.extend(map(self._template(kind, fields).__mod__, zip(*columns, strict=True)))
        return numbers

    def drain(self) -> tuple[Ints, Ints, Texts]:
        """Return times, marks (type code × 64 + channel code) and lines of what was written since the last call."""
        drained = np.concatenate(self._at), np.concatenate(self._marks), texts(self._lines)
        self._at, self._marks, self._lines = [], [], []
        return drained

    def _mark(self, kind: str, channel: Column, rows: Ints) -> None:
        code = channel[rows] if isinstance(channel, np.ndarray) else _CHANNEL_CODE[channel]
        self._marks.append(np.full(len(rows), _TYPE_CODE[kind] * 64, dtype=np.int64) + code)

    @staticmethod
    def _columns(fields: Fields, rows: Ints) -> list[list[object]]:
        columns = []
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                picked = value[rows]
                columns.append((_CHANNEL_NAMES[picked] if name == "channel" else picked).tolist())
        return columns

    def _template(self, kind: str, fields: Fields) -> str:
        shape = (kind, *((name, None if isinstance(value, np.ndarray) else value) for name, value in fields.items()))
        known = self._templates.get(shape)
        if known is None:
            known = self._templates[shape] = _template(kind, fields)
        return known


def _zone(kind: str, fields: Fields) -> tuple[str, int]:
    """Return the zone that the source of these events writes, and what it adds to UTC (ms)."""
    return ZONES.get(source_of(kind, fields.get("channel", "")), ("Z", 0))


def _template(kind: str, fields: Fields) -> str:
    parts = ['{"id":"e%d"']
    tail = ""
    if "source" not in fields:
        parts.append(f'"source":"{source_of(kind, fields.get("channel", ""))}"')
    parts += [f'"type":"{kind}"', '"time":"%s' + _zone(kind, fields)[0] + '"']
    for name, value in fields.items():
        hole = "%s" if isinstance(value, np.ndarray) else str(value).replace("%", "%%")
        if name == "tail":
            tail = hole
        elif name == "who":
            parts.append(hole)
        else:
            parts.append(f'"{name}":{hole}' if name in _RAW else f'"{name}":"{hole}"')
    return ",".join(parts) + tail + "}"


def as_json(text: str) -> str:
    """Write one text as a JSON string, Cyrillic letters as they are."""
    return json.dumps(text, ensure_ascii=False)
