"""Decode payloads: bytes in, canonical touchpoints and dead letters out; nothing is lost and nothing raises.

msgspec judges every payload and writes it again in one canonical form: fields in the order of the contract, values as ``canonical`` has them. All
later steps, the bulk reader of ``table`` included, read only that form, so they can't accept what the contract refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.canonical import Filled, canonical, fill, make_canonical
from pipelines.columns import Array
from pipelines.digest import digests
from schemas.cloudevents import from_structured
from schemas.touchpoint import FIELDS, MAX_BYTES, Touchpoint

_decode = msgspec.json.Decoder(Touchpoint).decode
_decode_filled = msgspec.json.Decoder(Filled).decode
_encoder = msgspec.json.Encoder(order="deterministic")
_encode, _encode_lines = _encoder.encode, _encoder.encode_lines
_loose = msgspec.json.Decoder()
_KNOWN = frozenset(FIELDS)
_CHUNK = 128
"""Payloads that are tried together; where one of them is not a plain touchpoint, they are looked at one by one."""
_PART = 8 * _CHUNK
"""Payloads whose events are written and hashed before the next ones are decoded: they are still in the processor's cache then."""


@dataclass(frozen=True)
class DeadLetter:
    """A payload that broke the contract: its place in the batch, a reason code of design §4, and what exactly was wrong."""

    place: int
    reason: str
    detail: str


@dataclass(frozen=True)
class Decoded:
    """What a batch held.

    Attributes:
        texts: Accepted events in canonical form (binary, one a row, each with the end of its line), in the order of arrival.
        places: For each of them its place in the batch.
        content: For each of them the first 64 bits of the canonical form's md5.
        dead: The rest, in the order of arrival.
        unknown_fields: How many events carried fields that the contract does not know; they are kept in ``attributes``.
    """

    texts: Array
    places: NDArray[np.int64]
    content: NDArray[np.uint64]
    dead: list[DeadLetter]
    unknown_fields: int

    @property
    def lines(self) -> list[bytes]:
        """The accepted events in canonical form, each as bytes of its own."""
        made: list[Any] = self.texts.to_pylist()
        return [text[:-1] for text in made]


@dataclass(frozen=True)
class _Part:
    """What some payloads held: lines one after another, the bytes of each (its end, too), and the rest like ``Decoded``."""

    text: bytes
    sizes: NDArray[np.int64]
    places: NDArray[np.int64]
    content: NDArray[np.uint64]
    dead: list[DeadLetter]
    unknown_fields: int


class _Refused(Exception):
    """Why a payload is a dead letter: a reason code and a detail."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail[:500]


_WRONG = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, _Refused)


def decode(payloads: Sequence[bytes], *, strict: bool = False, refused: Sequence[DeadLetter] = ()) -> Decoded:
    """Decode a batch of payloads: plain JSON or structured CloudEvents, one touchpoint each.

    Args:
        payloads: Raw bytes in the order of arrival.
        strict: Refuse unknown fields instead of keeping them in ``attributes``.
        refused: What was refused before (``wire``); the payloads at those places are empty.
    """
    before = {letter.place: letter for letter in refused}
    parts = [_part(payloads, begin, strict, before) for begin in range(0, len(payloads), _PART)] or [_part(payloads, 0, strict, before)]
    return Decoded(
        _texts(b"".join([part.text for part in parts]), np.concatenate([part.sizes for part in parts])),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.content for part in parts]),
        [letter for part in parts for letter in part.dead],
        sum(part.unknown_fields for part in parts),
    )


def _texts(text: bytes, sizes: NDArray[np.int64]) -> Array:
    """Return lines that lie one after another as a column, without a copy."""
    buffer_of: Any = pa.py_buffer
    ends = np.append(0, np.cumsum(sizes))
    if ends[-1] > np.iinfo(np.int32).max:
        raise pa.ArrowInvalid(f"{ends[-1]} bytes are too many for one batch")
    made: Any = pa.BinaryArray.from_buffers(pa.binary(), len(sizes), [None, buffer_of(ends.astype(np.int32)), buffer_of(text)])
    return made  # type: ignore[no-any-return]


def _part(payloads: Sequence[bytes], begin: int, strict: bool, before: Mapping[int, DeadLetter]) -> _Part:
    """Decode some payloads, from ``begin`` on."""
    end = min(begin + _PART, len(payloads))
    events: list[Touchpoint] = []
    absent: list[int] = []
    dead: list[DeadLetter] = []
    unknown = 0
    for at in range(begin, end, _CHUNK):
        chunk = payloads[at : min(at + _CHUNK, end)]
        try:
            events += _all(chunk)
        except _WRONG:
            found, broken, extra = _one_by_one(chunk, at, strict, before)
            events += found
            absent += [letter.place - begin for letter in broken]
            dead += broken
            unknown += extra
    text = _encode_lines(events)  # in one go: written one by one they take more than twice as long
    lines = text.split(b"\n")  # in JSON no line holds one: they are written as \\n
    lines.pop()
    sizes = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    return _Part(text, sizes, np.delete(np.arange(begin, end), absent), digests(lines), dead, unknown)


def _all(payloads: Sequence[bytes]) -> list[Touchpoint]:
    """Return plain touchpoints in canonical form; raises one of ``_WRONG`` where one of them is something else."""
    if max(map(len, payloads)) > MAX_BYTES:
        raise _Refused("too_large", "")
    try:
        events: list[Touchpoint] = list(map(_decode_filled, payloads))
    except msgspec.ValidationError:
        events = list(map(_decode, payloads))
        fill(events)
    make_canonical(events)
    return events


def _one_by_one(
    payloads: Sequence[bytes], begin: int, strict: bool, before: Mapping[int, DeadLetter]
) -> tuple[list[Touchpoint], list[DeadLetter], int]:
    """Decode payloads of which one at least isn't a plain touchpoint. Returns events, dead letters, and how many had unknown fields."""
    events: list[Touchpoint] = []
    dead: list[DeadLetter] = []
    unknown = 0
    for place, payload in enumerate(payloads, begin):
        try:
            event, extra = _event(payload, strict)
        except _Refused as why:
            dead.append(before.get(place) or DeadLetter(place, why.reason, why.detail))
            continue
        events.append(event)
        unknown += extra
    return events, dead, unknown


def _event(payload: bytes, strict: bool) -> tuple[Touchpoint, bool]:
    """Return one payload's event in canonical form, and whether it had fields that the contract does not know."""
    if len(payload) > MAX_BYTES:
        raise _Refused("too_large", f"{len(payload)} bytes, allowed are {MAX_BYTES}")
    try:
        return _canonical(_decode(payload)), False
    except _WRONG as error:
        return _second_look(payload, error, strict)


def _canonical(event: Touchpoint) -> Touchpoint:
    try:
        return canonical(event)
    except OverflowError:
        raise _Refused("schema", "an instant outside of the years 1 to 9999 UTC") from None


def _second_look(payload: bytes, error: Exception, strict: bool) -> tuple[Touchpoint, bool]:
    """Try what the fast path refused: CloudEvents and unknown fields. Returns the event in canonical form and whether fields were unknown."""
    if isinstance(error, _Refused):
        raise error
    event = _parsed(payload)
    if "specversion" in event:
        event = _plain(event)
    extra = {name: value for name, value in event.items() if name not in _KNOWN}
    if extra and strict:
        raise _Refused("schema", f"unknown field {min(extra)!r}")
    try:
        return _canonical(_decode(_encode(_folded(event, extra) if extra else event))), bool(extra)
    except (msgspec.MsgspecError, RecursionError, ValueError) as problem:
        raise _Refused("schema", str(problem)) from None


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        event = _loose.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused("not_json", str(error)) from None
    if not isinstance(event, dict):
        raise _Refused("schema", f"an event is a JSON object, got {type(event).__name__}")
    return event


def _plain(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(from_structured(event))
    except (ValueError, TypeError) as error:
        raise _Refused("schema", f"CloudEvent: {error}") from None


def _folded(event: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """Move unknown fields into ``attributes``, as JSON text under their name; an attribute of the same name stays as it is."""
    known = {name: value for name, value in event.items() if name in _KNOWN}
    attributes = known.get("attributes")
    if attributes is None or isinstance(attributes, dict):
        kept = {name: value if isinstance(value, str) else _encode(value).decode() for name, value in extra.items()}
        known["attributes"] = {**kept, **(attributes or {})}
    return known
