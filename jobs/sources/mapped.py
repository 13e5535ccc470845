"""What a mapping may give: the fields of a touchpoint, of types that can become JSON without a guess."""

from __future__ import annotations

import msgspec
import pyarrow as pa

from jobs.sources.chunk import ROW_NUMBER
from schemas.errors import SettingError
from schemas.touchpoint import FIELDS, Actor, Money, Promise, Rating

_BLOCKS: dict[str, type[msgspec.Struct]] = {"actor": Actor, "money": Money, "promise": Promise, "rating": Rating}
_ABSENT = {**dict.fromkeys((*_BLOCKS, "attributes"), pa.struct([("absent", pa.string())])), "promise": pa.struct([("due_at", pa.string())])}


def check_fields(schema: pa.Schema) -> None:
    """Refuse columns that are no fields of a touchpoint, and types that would need a guess.

    Raises:
        SettingError: says which column, and what is allowed.
    """
    for column in schema:
        if column.name in _BLOCKS:
            _check_block(column)
        elif column.name == "time":
            _check_time("time", column.type)
        elif column.name == "attributes" and not (pa.types.is_map(column.type) or pa.types.is_struct(column.type) or pa.types.is_null(column.type)):
            raise SettingError(f"attributes is {column.type}; allowed: MAP(VARCHAR, VARCHAR) or a STRUCT of text")
        elif column.name not in FIELDS and column.name != ROW_NUMBER:
            raise SettingError(f"{column.name!r} is no field of a touchpoint; allowed: {', '.join(FIELDS)}")


def _check_block(column: pa.Field[pa.DataType]) -> None:
    allowed = tuple(field.name for field in msgspec.structs.fields(_BLOCKS[column.name]))
    if not pa.types.is_struct(column.type):
        raise SettingError(f"{column.name} is {column.type}; allowed: a STRUCT of {', '.join(allowed)}")
    for field in column.type:
        if field.name not in allowed:
            raise SettingError(f"{column.name}.{field.name} is no field of a touchpoint; allowed: {', '.join(allowed)}")
        if field.name == "due_at":
            _check_time("promise.due_at", field.type)
    if column.name == "promise" and column.type.get_field_index("due_at") < 0:
        raise SettingError("promise has no due_at; allowed: a STRUCT of due_at and kind")


def _check_time(name: str, kind: pa.DataType) -> None:
    with_zone = pa.types.is_timestamp(kind) and kind.tz is not None
    if not (with_zone or pa.types.is_string(kind) or pa.types.is_null(kind)):
        raise SettingError(
            f"{name} is {kind}, which has no zone; say which: timezone('Europe/Amsterdam', …) gives TIMESTAMPTZ; or give RFC 3339 text"
        )


def with_all_fields(events: pa.Table) -> pa.Table:
    """Return the events with a column for every field of a touchpoint; those that were absent are null."""
    for name in FIELDS:
        if name not in events.column_names:
            events = events.append_column(name, pa.nulls(len(events), _ABSENT.get(name, pa.string())))
    return events
