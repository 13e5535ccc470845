"""Runs a mapping over rows, locked in: no file, no network, no setting can be reached, and the time is limited."""

from __future__ import annotations

from threading import Timer
from types import TracebackType
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from jobs.sources.chunk import ROW_NUMBER, Chunk, contents, pc
from jobs.sources.mapped import check_fields, with_all_fields
from jobs.sources.mapping import Mapping
from jobs.sources.occurrences import Occurrences, Ranks, rank_among_equals
from pipelines.resources import read_text
from schemas.errors import SettingError

TIME_LIMIT_S = 120.0
"""A mapping that takes longer for one batch is stopped."""
_EVENTS_OF_A_ROW = 1024  # places kept free in `sequence` for the events of one row
_LOCKED: dict[str, str | int | float | list[str]] = {
    "threads": 1,  # rows keep their order, and a core is a core
    "memory_limit": "4GB",
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


class Mapper:
    """Turns chunks of foreign rows into lines. It must see all chunks of a file, in order, for it counts equal rows."""

    def __init__(self, mapping: Mapping, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._mapping = mapping
        self._limit_s = time_limit_s
        self._seen = Occurrences()
        self._con = duckdb.connect(":memory:", config=_LOCKED)
        self._con.execute(read_text("jobs/sources/session.sql"))

    def __enter__(self) -> Mapper:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._con.close()

    def pass_over(self, chunk: Chunk) -> None:
        """Count a chunk's rows without mapping them: they were read before."""
        self._row_names(chunk)

    def lines(self, chunk: Chunk) -> tuple[list[bytes], list[int]]:
        """Map a chunk.

        Returns:
            The events as JSON, in the order of rows and, in a row, of the mapping's branches; and the row number of each, 0 where it has none.

        Raises:
            SettingError: the mapping does not fit the file, gives what is no field of a touchpoint, or takes too long.
        """
        digests, equals = self._row_names(chunk)
        events = self._run(chunk)
        try:
            check_fields(events.schema)
            rows = _row_numbers(events, chunk)
        except SettingError as error:
            raise SettingError(f"mapping {self._mapping.name!r}: {error}") from error
        if (np.diff(rows) < 0).any():  # the branches of a UNION come one after the other
            order = np.argsort(rows, kind="stable")
            rows, events = rows[order], events.take(order)
        place = np.searchsorted(chunk.table[ROW_NUMBER].to_numpy(), rows) if rows.any() else None
        stand_ins = {
            "digest": pa.nulls(len(rows), pa.string()) if place is None else digests.take(place),
            "equals": pa.nulls(len(rows), pa.int64()) if place is None else pa.array(equals[place]),
            "again": pa.array(_earlier_of_row_and_type(events, rows)),
            "row_sequence": pa.array(rows * _EVENTS_OF_A_ROW + rank_among_equals(rows) if self._mapping.select.branching else rows),
        }
        return self._as_json(events, stand_ins), rows.tolist()

    def _row_names(self, chunk: Chunk) -> tuple[Any, Ranks]:
        """Return for each row the md5 of its content, and how many equal rows came before it in the file."""
        self._con.register("content", pa.table({"content": contents(chunk.table)}))
        digests = self._con.sql(read_text("jobs/sources/row_digest.sql")).to_arrow_table()
        return digests["digest"], self._seen.ranks(digests["short"].to_numpy())

    def _run(self, chunk: Chunk) -> pa.Table:
        self._con.register("source", self._with_optional(chunk.table))
        timer = Timer(self._limit_s, self._con.interrupt)
        timer.start()
        try:
            events: pa.Table = self._con.sql(self._mapping.select.sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise SettingError(f"mapping {self._mapping.name!r} took longer than {self._limit_s:g} s for rows {chunk.lo} to {chunk.hi}") from error
        except duckdb.Error as error:
            raise SettingError(f"mapping {self._mapping.name!r} does not fit: {error}{_remedy(error, chunk)}") from error
        finally:
            timer.cancel()
        return events

    def _with_optional(self, table: pa.Table) -> pa.Table:
        present = {name.lower() for name in table.column_names}
        for name in self._mapping.optional:
            if name.lower() not in present:
                table = table.append_column(name, pa.nulls(len(table), pa.string()))
        return table

    def _as_json(self, events: pa.Table, stand_ins: dict[str, Any]) -> list[bytes]:
        events = with_all_fields(events)
        for name, column in stand_ins.items():
            events = events.append_column(name, column)
        self._con.register("mapped", events)
        parameters = {"source": self._mapping.name, "branching": self._mapping.select.branching}
        made = self._con.sql(read_text("jobs/sources/lines.sql"), params=parameters).to_arrow_table()
        lines: list[bytes] = pc.cast(made["line"], pa.binary()).to_pylist()
        return lines


def _row_numbers(events: pa.Table, chunk: Chunk) -> NDArray[np.int64]:
    """Return each event's row number, 0 where the mapping looks at many rows and names its events itself."""
    if ROW_NUMBER not in events.column_names:
        if {"id", "sequence"} <= set(events.column_names):
            return np.zeros(len(events), np.int64)
        raise SettingError("give row_number, or id and sequence: this SELECT looks at many rows, so nothing says which row an event is of")
    rows: NDArray[np.int64] = pc.fill_null(pc.cast(events[ROW_NUMBER], pa.int64()), 0).to_numpy()
    strange = rows[~np.isin(rows, chunk.table[ROW_NUMBER].to_numpy())]
    if len(strange):
        raise SettingError(f"row_number must be handed through as it is; {strange[0]} is none of the rows {chunk.lo + 1} to {chunk.hi}")
    return rows


def _earlier_of_row_and_type(events: pa.Table, rows: NDArray[np.int64]) -> Ranks:
    if "type" not in events.column_names or not len(rows):
        return rank_among_equals(rows)
    types = pc.fill_null(pc.cast(events["type"], pa.string()), "").combine_chunks().dictionary_encode()
    return rank_among_equals((rows - rows[0]) * len(types.dictionary) + types.indices.to_numpy())


def _remedy(error: duckdb.Error, chunk: Chunk) -> str:
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException):
        return "\nA value that may be malformed wants try_cast or try_strptime: then it is null and its event a dead letter."
    return f"\nColumns of source: {', '.join(chunk.table.column_names)}. One that only some files have goes into a line `-- optional: name`."
