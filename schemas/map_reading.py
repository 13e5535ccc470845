"""From TOML text to a ``MapFile`` or another file of settings, with errors that name the file, the key, the wrong value and what is allowed."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Annotated, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

import msgspec

from schemas import duration
from schemas.errors import SettingError
from schemas.map_file import MapFile, RuleValue

Kind: TypeAlias = object
"""A type annotation."""
Read = TypeVar("Read", bound=msgspec.Struct)

_WORDS = {"`array`": "a list", "`object`": "a table", "`str`": "a text", "`int`": "a whole number", "`float`": "a number", "`bool`": "true or false"}


def refusal(file: str, key: str, value: object, allowed: str) -> SettingError:
    """Return the error for one wrong value, all in one line.

    Args:
        file: The name of the file, as the user gave it.
        key: The dotted path, as in ``tolerance[2].adequate``.
        value: What stands there; long values are cut.
        allowed: What may stand there.
    """
    shown = repr(value)
    return SettingError(f"{file}: {key}: {shown if len(shown) <= 80 else shown[:77] + '...'} is not allowed; allowed: {allowed}")


def closest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean '…'?`` for the known word that is nearest, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def read_file(text: str, file: str) -> MapFile:
    """Read the text of one map, without its base.

    Raises:
        SettingError: it isn't TOML, or a key or value is wrong.
    """
    return read_as(text, MapFile, file)


def read_as(text: str, kind: type[Read], file: str) -> Read:
    """Read the text of a file of settings.

    Args:
        text: TOML.
        kind: The struct that it must fit.
        file: The name of the file, for messages.

    Raises:
        SettingError: it isn't TOML, or a key or value is wrong.
    """
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise SettingError(f"{file}: this is not TOML: {error}") from error
    return msgspec.convert(_checked(raw, kind, file, ""), kind)


def _checked(raw: object, kind: Kind, file: str, key: str) -> object:
    """Return `raw` with its durations read, once every part of it fits `kind`."""
    if kind == RuleValue:
        return _rule_value(raw, file, key)
    kind, bare = _without_none(kind), _bare(kind)
    if bare is timedelta:
        return _duration(raw, file, key)
    if bare is datetime:
        return _instant(raw, file, key)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _checked_table(raw, bare, file, key)
    if get_origin(bare) is dict:
        part = get_args(bare)[1]
        return {name: _checked(value, part, file, _at(key, name)) for name, value in _items(raw, file, key)}
    if get_origin(bare) is tuple and isinstance(raw, list):
        part = get_args(bare)[0]
        raw = [_checked(value, part, file, f"{key}[{place}]") for place, value in enumerate(raw)]
    return _fitting(raw, kind, file, key)


def _checked_table(raw: object, kind: type[msgspec.Struct], file: str, key: str) -> dict[str, object]:
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    read: dict[str, object] = {}
    for name, value in _items(raw, file, key):
        if name not in fields:
            raise SettingError(f"{file}: {_at(key, name)}: no such key; allowed: {', '.join(fields)}{closest(name, fields)}")
        read[name] = _checked(value, fields[name].type, file, _at(key, name))
    for name, field in fields.items():
        if field.required and name not in read:
            raise SettingError(f"{file}: {_at(key, name)}: is missing")
    return read


def _items(raw: object, file: str, key: str) -> Iterator[tuple[str, object]]:
    if not isinstance(raw, dict):
        raise refusal(file, key, raw, "a table")
    yield from raw.items()


def _rule_value(raw: object, file: str, key: str) -> bool | int | timedelta:
    """Return the value of a rule's setting: a duration or a whole number, or whether the rule is off."""
    if key.endswith(".off"):
        if isinstance(raw, bool):
            return raw
        raise refusal(file, key, raw, "true or false")
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 1 << 53:
        return raw
    try:
        return duration.parse(raw if isinstance(raw, str) else "")
    except ValueError:
        raise refusal(file, key, raw, f"a whole number, or {duration.FORM}") from None


def _duration(raw: object, file: str, key: str) -> timedelta:
    try:
        return duration.parse(raw if isinstance(raw, str) else "")
    except ValueError as error:
        raise refusal(file, key, raw, str(error)) from None


def _instant(raw: object, file: str, key: str) -> datetime:
    # one form for one instant, so that the way it is written doesn't change the digest; the years leave room for any zone
    if isinstance(raw, datetime) and raw.tzinfo and 1900 <= raw.year <= 2200:
        return raw.astimezone(UTC)
    raise refusal(file, key, str(raw), "a date and time with a zone, as in 2025-01-31T00:00:00Z, of the years 1900 to 2200")


def _fitting(raw: object, kind: Kind, file: str, key: str) -> object:
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise refusal(file, key, raw, _allowed(kind, error)) from None
    return raw


def _allowed(kind: Kind, error: msgspec.ValidationError) -> str:
    kind, bare = _without_none(kind), _bare(kind)
    if get_origin(bare) is Literal:
        return ", ".join(map(repr, get_args(bare)))
    described = [meta.description for meta in get_args(kind)[1:] if isinstance(meta, msgspec.Meta) and meta.description]
    if described:
        return described[0]
    text = str(error).removeprefix("Expected ").split(" - at ")[0].split(", got ")[0]
    return " ".join(_WORDS.get(word, word) for word in text.split(" "))


def _without_none(kind: Kind) -> Kind:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def _bare(kind: Kind) -> Kind:
    kind = _without_none(kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _at(key: str, name: str) -> str:
    """Append a name to a dotted path, quoted where TOML would quote it."""
    plain = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return ".".join(filter(None, (key, name if plain else f'"{name}"')))
