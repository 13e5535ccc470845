"""Touchpoints as an Arrow table: canonical lines to columns, in one bulk read by an in-memory DuckDB that is passed in."""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
from msgspec import Struct

from pipelines.columns import Array, array, numbers, whole
from pipelines.decode import Decoded
from pipelines.lexicon import FACTS
from pipelines.resources import read_text
from schemas.touchpoint import Actor, Money, Promise, Rating

_NAMES = {
    **{"source": "source", "id": "event_id", "type": "type", "time": "time_us", "sequence": "sequence", "customer_id": "given_customer"},
    **{"identifiers": "identifiers", "case_id": "case_id", "channel": "channel", "site": "site", "stage": "given_stage", "lifecycle": "lifecycle"},
    **{"actor.id": "actor_id", "actor.kind": "actor_kind", "actor.team": "team", "actor.lane": "lane"},
    **{"causation_id": "causation_id", "correlation_id": "correlation_id", "wait_s": "wait_ms", "service_s": "service_ms"},
    **{"promise.due_at": "promise_due_us", "promise.kind": "promise_kind"},
    **{"rating.metric": "rating_metric", "rating.value": "rating_value", "rating.scale": "rating_scale"},
    **{"money.amount_minor": "money_minor", "money.currency": "money_currency", "money.kind": "money_kind"},
    **{"text": "text", "language": "language"},
}
"""What each field of an event is called as a column."""
_BLOCKS: dict[str, type[Struct]] = {"actor": Actor, "promise": Promise, "rating": Rating, "money": Money}
_TYPES: dict[type[Struct], dict[str, pa.DataType]] = {
    Actor: dict.fromkeys(("id", "kind", "team", "lane"), pa.string()),
    Promise: {"due_at": pa.timestamp("us", "UTC"), "kind": pa.string()},
    Rating: {"metric": pa.string(), "value": pa.float64(), "scale": pa.string()},
    Money: {"amount_minor": pa.int64(), "currency": pa.string(), "kind": pa.string()},
}


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
    read: Any = whole(query(con, "pipelines/sql/extract.sql", lines=pa.table({"line": decoded.texts.view(pa.string())}))["event"])
    fields: dict[str, Any] = dict(zip((field.name for field in read.type), read.flatten(), strict=True))
    for name, block in _BLOCKS.items():
        fields |= _taken_apart(name, block, fields[name])
    columns = {"place": array(decoded.places), "content": array(decoded.content)}
    return pa.table(columns | {name: _plain(name, fields[field]) for field, name in _NAMES.items()} | _attributes(fields["attributes"]))


def _plain(name: str, column: Any) -> Array:
    """Return instants in microseconds and durations in milliseconds; all else as it is."""
    if name.endswith("_us"):
        made: Array = column.view(pa.int64())
        return made
    if name.endswith("_ms"):
        return array(np.rint(numbers(column) * 1000).astype(np.int64), np.asarray(column.is_null()))
    return column  # type: ignore[no-any-return]


def _taken_apart(name: str, block: type[Struct], column: Any) -> dict[str, Array]:
    """Return the fields of a block as ``name.field``, from its JSON texts. Each text is read once: as a rule there are few."""
    places, blocks = _distinct(column, block)
    found: dict[str, Array] = {}
    for field, type_ in _TYPES[block].items():
        values = pa.array([getattr(each, field) for each in blocks], type_)
        found[f"{name}.{field}"] = whole(values.take(places))
    return found


def _attributes(column: Any) -> dict[str, Array]:
    """Return attributes from their JSON texts, and columns of what they say of the person. Each text is read once, like those of blocks."""
    places, dicts = _distinct(column, dict[str, str])
    ends = np.cumsum([0, *map(len, dicts)]).astype(np.int32)
    keys = pa.array([key for each in dicts for key in each], pa.string())
    values = pa.array([value for each in dicts for value in each.values()], pa.string())
    made: Any = pa.MapArray  # its stub asks for the very type of numbers
    maps = made.from_arrays(array(ends), keys, values)
    named = {name: pa.array([each.get(name) for each in dicts], pa.string()) for name in FACTS}
    return {name: whole(held.take(places)) for name, held in {"attributes": maps, **named}.items()}


def _distinct(texts: Any, type_: Any) -> tuple[Any, list[Any]]:
    """Return where each row stands among the distinct texts, null where it has none, and what these hold."""
    encoded = texts.dictionary_encode()
    return encoded.indices, list(map(msgspec.json.Decoder(type_).decode, encoded.dictionary.to_pylist()))


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
