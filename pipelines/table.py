"""Touchpoints as an Arrow table: canonical lines to columns, in one bulk read by an in-memory DuckDB that is passed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.columns import Array, array, numbers, whole
from pipelines.decode import Decoded
from pipelines.lexicon import FACTS
from pipelines.resources import read_text
from pipelines.symbols import distinct_strings

_NAMES = {
    **{"source": "source", "id": "event_id", "type": "type", "time": "time_us", "sequence": "sequence", "customer_id": "given_customer"},
    **{"identifiers": "identifiers", "case_id": "case_id", "channel": "channel", "site": "site", "stage": "given_stage", "lifecycle": "lifecycle"},
    **{"actor.id": "actor_id", "actor.kind": "actor_kind", "actor.team": "team", "actor.lane": "lane"},
    **{"causation_id": "causation_id", "correlation_id": "correlation_id", "wait_s": "wait_ms", "service_s": "service_ms"},
    **{"promise.due_at": "promise_due_us", "promise.kind": "promise_kind"},
    **{"rating.metric": "rating_metric", "rating.value": "rating_value", "rating.scale": "rating_scale"},
    **{"money.amount_minor": "money_minor", "money.currency": "money_currency", "money.kind": "money_kind"},
    **{"text": "text", "language": "language", "attributes": "attributes"},
}
"""What each field of an event is called as a column."""


def engine() -> duckdb.DuckDBPyConnection:
    """Return a new in-memory engine for the pure steps: one thread, no files, no network, UTC."""
    closed = dict.fromkeys(("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"), "false")
    con = duckdb.connect(config={"threads": 1, **closed})
    con.execute("set timezone = 'UTC'")
    return con


def extract(con: duckdb.DuckDBPyConnection, decoded: Decoded) -> pa.Table:
    """Return the columns of a batch's accepted events, in the order of arrival.

    They are what ``place`` and ``content`` of ``decoded`` say, each field of the contract, and the reserved attributes on which zones depend.
    Instants are UTC microseconds, durations integer milliseconds.
    """
    read = query(con, "pipelines/sql/extract.sql", lines=pa.table({"line": decoded.texts.view(pa.string())}))
    found = dict(_taken_apart(whole(read["event"])))
    columns = {"place": array(decoded.places), "content": array(decoded.content)}
    columns |= {name: _plain(name, found[field]) for field, name in _NAMES.items()}
    return pa.table(columns | _looked_up(columns["attributes"], FACTS))


def _taken_apart(events: Any, above: str = "") -> Iterator[tuple[str, Array]]:
    """Yield the fields of structs, those of inner ones as ``outer.inner``; a field of an absent struct is absent."""
    for place, column in enumerate(events.flatten()):
        name = above + events.type.field(place).name
        if pa.types.is_struct(column.type):
            yield from _taken_apart(column, f"{name}.")
        else:
            yield name, column


def _plain(name: str, column: Any) -> Array:
    """Return instants in microseconds and durations in milliseconds; all else as it is."""
    if name.endswith("_us"):
        made: Array = column.view(pa.int64())
        return made
    if name.endswith("_ms"):
        return array(np.rint(numbers(column) * 1000).astype(np.int64), np.asarray(column.is_null()))
    return column  # type: ignore[no-any-return]


def _looked_up(attributes: Any, names: tuple[str, ...]) -> dict[str, Array]:
    """Return for each name a column of what the attributes say under it, null where they don't."""
    places, words = distinct_strings(attributes.keys)
    begins = np.asarray(attributes.offsets)
    found = {}
    for name in names:
        at = np.flatnonzero(places == words.index(name)) if name in words else np.empty(0, np.int64)
        rows = np.searchsorted(begins, at, side="right") - 1
        found[name] = _spread(attributes.items, at, rows, len(attributes))
    return found


def _spread(values: Array, at: NDArray[np.int64], rows: NDArray[np.int64], size: int) -> Array:
    """Return a column that has in some rows the values at some places, and else none."""
    places, absent = np.zeros(size, np.int64), np.ones(size, bool)
    places[rows], absent[rows] = at, False
    made: Any = values.take(array(places, absent))
    return whole(made)


def query(con: duckdb.DuckDBPyConnection, resource: str, **relations: pa.Table) -> pa.Table:
    """Run one of our queries over Arrow tables, each under its name."""
    for name, table in relations.items():
        con.register(name, table)
    try:
        result: pa.Table = con.sql(read_text(resource)).to_arrow_table()
        return result
    finally:
        for name in relations:
            con.unregister(name)
