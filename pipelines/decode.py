"""Decode payloads: bytes in, canonical touchpoints and dead letters out; nothing is lost and nothing raises.

msgspec judges every payload and writes it again in one canonical form: fields in the order of the contract, what is absent left out. All later steps,
the bulk reader of ``table`` included, read only that form, so they can't accept what the contract refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from schemas.cloudevents import from_structured
from schemas.touchpoint import FIELDS, MAX_BYTES, Touchpoint

_decode = msgspec.json.Decoder(Touchpoint).decode
_encode = msgspec.json.Encoder().encode
_loose = msgspec.json.Decoder()
_KNOWN = frozenset(FIELDS)


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
        lines: Accepted events in canonical form, in the order of arrival.
        places: For each line its place in the batch.
        content: For each line the first 64 bits of the canonical form's md5.
        dead: The rest, in the order of arrival.
        unknown_fields: How many events carried fields that the contract does not know; they are kept in ``attributes``.
    """

    lines: list[bytes]
    places: NDArray[np.int64]
    content: NDArray[np.uint64]
    dead: list[DeadLetter]
    unknown_fields: int


class _Refused(Exception):
    """Why a payload is a dead letter: a reason code and a detail."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail[:500]


def decode(payloads: Sequence[bytes], *, strict: bool = False, refused: Sequence[DeadLetter] = ()) -> Decoded:
    """Decode a batch of payloads: plain JSON or structured CloudEvents, one touchpoint each.

    Args:
        payloads: Raw bytes in the order of arrival.
        strict: Refuse unknown fields instead of keeping them in ``attributes``.
        refused: What was refused before (``wire``); the payloads at those places are empty.
    """
    lines: list[bytes] = []
    places: list[int] = []
    dead: list[DeadLetter] = []
    unknown = 0
    before = {letter.place: letter for letter in refused}
    for place, payload in enumerate(payloads):
        try:
            if len(payload) > MAX_BYTES:
                raise _Refused("too_large", f"{len(payload)} bytes, allowed are {MAX_BYTES}")
            line = _encode(_decode(payload))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _Refused) as error:
            if place in before:
                dead.append(before[place])
                continue
            try:
                line, extra = _second_look(payload, error, strict)
                unknown += extra
            except _Refused as why:
                dead.append(DeadLetter(place, why.reason, why.detail))
                continue
        lines.append(line)
        places.append(place)
    return Decoded(lines, np.array(places, np.int64), fingerprints(lines), dead, unknown)


def fingerprints(lines: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return the first 64 bits of each line's md5."""
    joined = b"".join([md5(line, usedforsecurity=False).digest() for line in lines])
    return np.frombuffer(joined, ">u8")[::2].astype(np.uint64)


def _second_look(payload: bytes, error: Exception, strict: bool) -> tuple[bytes, bool]:
    """Try what the fast path refused: CloudEvents and unknown fields. Returns the canonical form and whether fields were unknown."""
    if isinstance(error, _Refused):
        raise error
    event = _parsed(payload)
    if "specversion" in event:
        event = _plain(event)
    extra = {name: value for name, value in event.items() if name not in _KNOWN}
    if extra and strict:
        raise _Refused("schema", f"unknown field {min(extra)!r}")
    try:
        return _encode(_typed(_folded(event, extra) if extra else event)), bool(extra)
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


_typed: Callable[[Mapping[str, Any]], Touchpoint] = lambda event: _decode(_encode(event))  # noqa: E731 - one line, typed
