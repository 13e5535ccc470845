"""From a journey map back to TOML, with everything that it took from its base. Reading the text again gives the same digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

import msgspec

from schemas import duration
from schemas.journey_map import JourneyMap


def write_map(journey_map: JourneyMap) -> str:
    """Return the whole map as TOML text, in a fixed order and without comments."""
    tables = {name: value for name, value in msgspec.structs.asdict(journey_map.file).items() if value is not None}
    plain = {name: value for name, value in tables.items() if not _is_table(value)}
    lines = [f"{name} = {_value(value)}" for name, value in plain.items()]
    for name, value in tables.items():
        if name not in plain:
            lines += _table(name, value)
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, (dict, msgspec.Struct)) or (isinstance(value, tuple) and any(isinstance(part, msgspec.Struct) for part in value))


def _table(name: str, value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for part in value:
            yield from ("", f"[[{name}]]", *_lines(part))
    else:
        yield from ("", f"[{name}]", *_lines(value))


def _lines(value: object) -> list[str]:
    return [f"{name} = {_value(part)}" for name, part in _named(value)]


def _named(value: object) -> list[tuple[str, object]]:
    """Return the entries of a table; fields that say nothing are left out."""
    if isinstance(value, msgspec.Struct):
        return [(name, part) for name, part in msgspec.structs.asdict(value).items() if part is not None]
    return [(_quoted(name), part) for name, part in value.items()] if isinstance(value, Mapping) else []


def _value(value: object) -> str:
    if isinstance(value, timedelta):
        return _quoted(duration.written(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, (dict, msgspec.Struct)):
        return f"{{ {', '.join(f'{name} = {_value(part)}' for name, part in _named(value))} }}"
    return msgspec.json.encode(value).decode()  # numbers, true, false


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")  # the one sign that JSON lets stand and TOML does not
