"""A dead letter: the bytes as they came, why they were refused, and where they lay; as a line of JSON it can be repaired with any tool."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from jobs.mart.open import open_mart
from pipelines.resources import read_text
from schemas.errors import SettingError

Header = tuple[str, bytes]
SHORT = 12
"""So many digits of the md5 name a letter to a person."""


@dataclass(frozen=True)
class Letter:
    """A payload that broke the contract.

    Attributes:
        payload: None where the record had no value.
        feed, place: The journal's name of the source, and the offset, row or byte in it.
        received_us: When it reached us (µs).
        headers: Of the record on Kafka, as the sender set them.
    """

    reason: str
    detail: str
    payload: bytes | None
    feed: str
    place: int
    received_us: int
    headers: tuple[Header, ...] = ()

    @property
    def md5(self) -> str:
        """Of the payload."""
        return md5(self.payload or b"", usedforsecurity=False).hexdigest()

    @property
    def received_at(self) -> str:
        """When it reached us, in RFC 3339."""
        return datetime.fromtimestamp(self.received_us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A letter as a line of JSON. ``payload`` is a text, or the event itself; ``payload_base64`` where the bytes are no text."""

    feed: str
    place: int
    md5: str = ""
    reason: str = ""
    detail: str = ""
    received_at: str = ""
    payload: str | dict[str, Any] | None = None
    payload_base64: str | None = None


@dataclass(frozen=True)
class Choice:
    """Which letters are meant.

    Attributes:
        reasons: Codes; none = all.
        since_us: Those received from then on (µs).
        names: Beginnings of md5s; none = all.
    """

    reasons: Sequence[str] = ()
    since_us: int | None = None
    names: Sequence[str] = ()

    def means(self, letter: Letter) -> bool:
        """Return whether a letter is one of them."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (self.since_us is None or letter.received_us >= self.since_us)
            and (not self.names or letter.md5.startswith(tuple(self.names)))
        )


def read_letters(folder: Path, choice: Choice) -> Iterator[Letter]:
    """Yield the letters that the newest snapshot of a DIR shows, by when they came: one for each payload, at its first place.

    Raises:
        MartError: nothing is published there.
    """
    with open_mart(folder) as con:
        for batch in con.sql(read_text("jobs/letters/letters.sql")).to_arrow_reader():
            for row in batch.to_pylist():
                letter = Letter(**row)
                if choice.means(letter):
                    yield letter


def line_of(letter: Letter) -> bytes:
    """Write a letter as a line.

    >>> line_of(Letter("not_json", "", b"oops", "shop:0", 7, 0))[:38]
    b'{"feed":"shop:0","place":7,"md5":"02c7'
    """
    line = Line(letter.feed, letter.place, letter.md5, letter.reason, letter.detail, letter.received_at)
    try:
        line.payload = None if letter.payload is None else letter.payload.decode()
    except UnicodeDecodeError:
        line.payload_base64 = b64encode(letter.payload or b"").decode()
    return msgspec.json.encode(line)


def repaired_by(lines: BinaryIO, letters: Sequence[Letter]) -> Iterator[Letter]:
    """Yield the letters whose repaired payloads stand in lines; a line names its letter by feed and place.

    Raises:
        SettingError: a line is none, or names no letter.
    """
    known = {(letter.feed, letter.place): letter for letter in letters}
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            line = msgspec.json.decode(text, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SettingError(f"line {number}: {error}; a line is one of: sojourn dead-letters list DIR --lines") from None
        letter = known.get((line.feed, line.place))
        if letter is None:
            raise SettingError(f"line {number}: there is no dead letter of {line.feed!r} at {line.place} (or other options leave it out)")
        yield replace(letter, payload=_payload(line, number))


def _payload(line: Line, number: int) -> bytes | None:
    if line.payload_base64 is not None:
        try:
            return b64decode(line.payload_base64, validate=True)
        except ValueError as error:
            raise SettingError(f"line {number}: payload_base64: {error}") from None
    return msgspec.json.encode(line.payload) if isinstance(line.payload, dict) else None if line.payload is None else line.payload.encode()
