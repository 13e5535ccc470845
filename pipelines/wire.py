"""The wire: what a record of Kafka holds, by its headers and first bytes: plain JSON, a CloudEvent in either mode, or a Confluent frame around one.

Plain JSON, by far the most, is passed on untouched. No registry is asked: behind a frame only JSON is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec

from pipelines.decode import DeadLetter
from schemas.cloudevents import from_binary, is_binary
from schemas.touchpoint import MAX_BYTES

Headers = Sequence[tuple[str, bytes | None]]
FRAME = 5
"""A Confluent frame: 0, then the schema's number in four bytes, big-endian. Source: Confluent, "Wire format"."""
SCHEMA_HEADER = "__value_schema_id"
"""Newer serializers name the schema here and leave the value bare."""
_CLOUDEVENTS = "application/cloudevents"
_decode, _encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Unwrapped:
    """What records hold.

    Attributes:
        bodies: For each record the JSON of a touchpoint or of a structured CloudEvent, for ``decode``; empty where it is refused.
        refused: Why, in the order of arrival.
        tombstones: How many records had no value at all; they are among the refused.
    """

    bodies: Sequence[bytes]
    refused: Sequence[DeadLetter]
    tombstones: int = 0


class _Refused(Exception):
    """Why a record holds nothing that can be read: a reason code and a detail."""


def unwrap(values: Sequence[bytes | None], headers: Sequence[Headers] | None = None, schema_ids: AbstractSet[int] | None = None) -> Unwrapped:
    """Return what records hold.

    Args:
        values: As they came; None is a tombstone, which tells of no event.
        headers: Of each record; None where none has any.
        schema_ids: The numbers of the schemas that are touchpoints; None = of any that turns out to be JSON.

    >>> framed = bytes([0, 0, 0, 0, 7]) + b'{"id": "1"}'
    >>> unwrap([b'{"id": "0"}', framed]).bodies
    [b'{"id": "0"}', b'{"id": "1"}']
    >>> [(letter.place, letter.reason) for letter in unwrap([framed, None], schema_ids={8}).refused]
    [(0, 'schema_unknown'), (1, 'schema')]
    """
    odd = [place for place, value in enumerate(values) if not value or value[0] < 2 or (headers is not None and headers[place])]
    bodies = list(values)
    refused = []
    for place in odd:
        try:
            bodies[place] = _body(values[place], headers[place] if headers is not None else (), schema_ids)
        except _Refused as reason:
            bodies[place] = b""
            refused.append(DeadLetter(place, *reason.args))
    return Unwrapped([body or b"" for body in bodies] if refused else bodies, refused, values.count(None))  # type: ignore[arg-type] # None is refused


def _body(value: bytes | None, headers: Headers, schema_ids: AbstractSet[int] | None) -> bytes:
    if value is None:
        raise _Refused("schema", "a record without a value (a tombstone) tells of no event")
    if len(value) > MAX_BYTES:
        return value  # decode says what it says of any
    body = _unframed(value, schema_ids)
    if not headers:
        return body
    named = _named(headers)
    content = named.get("content-type", "").strip().lower()
    if content.startswith(_CLOUDEVENTS):
        return _structured(body, content)
    if is_binary(named):
        return _from_binary(named, body)
    if SCHEMA_HEADER in named and not body.lstrip().startswith(b"{"):
        raise _Refused("schema_unknown", f"the header {SCHEMA_HEADER} names a schema that is not JSON")
    return body


def _unframed(value: bytes, schema_ids: AbstractSet[int] | None) -> bytes:
    """Take the frame off; what has none stays as it is."""
    if value[:1] != b"\0":
        return value
    if len(value) < FRAME:
        raise _Refused("schema_unknown", f"a Confluent frame of {len(value)} bytes, it has at least {FRAME}")
    number, body = int.from_bytes(value[1:FRAME], "big"), value[FRAME:]
    if schema_ids is not None and number not in schema_ids:
        raise _Refused("schema_unknown", f"schema {number} is not one of touchpoints")
    if not body.lstrip().startswith(b"{"):
        raise _Refused("schema_unknown", f"schema {number}: behind the frame is no JSON object; Avro and Protobuf are not read")
    return body


def _named(headers: Headers) -> dict[str, str]:
    """Return headers as texts by their name in small letters; of several with one name the last counts."""
    try:
        return {name.lower(): value.decode() for name, value in headers if value is not None}
    except UnicodeDecodeError as error:
        if any(name.lower().startswith("ce_") for name, _ in headers):
            raise _Refused("schema", f"a header is not UTF-8: {error}") from None
        return {name.lower(): value.decode(errors="replace") for name, value in headers if value is not None}


def _structured(body: bytes, content: str) -> bytes:
    form = content.removeprefix(_CLOUDEVENTS).partition(";")[0].strip()
    if form != "+json":
        raise _Refused("schema_unknown", f"content-type {content[:100]!r}: of CloudEvents only JSON is read, one event a record")
    return body


def _from_binary(named: dict[str, str], body: bytes) -> bytes:
    try:
        data = _decode(body) if body else {}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused("not_json", f"the data of a CloudEvent: {error}"[:500]) from None
    if not isinstance(data, dict):
        raise _Refused("schema", "the data of a CloudEvent is not an object")
    try:
        return _encode(from_binary(named, data))
    except (ValueError, TypeError, RecursionError) as error:
        raise _Refused("schema", f"CloudEvent: {error}"[:500]) from None
