"""A message: one notice or a digest of many, for one route; and what a channel makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from pipelines.deliver.answer import Answer
from pipelines.deliver.digest import digest_body
from pipelines.deliver.notice import Notice
from pipelines.deliver.words import Words, words_of, words_of_digest
from schemas.errors import DeliveryError

_decode = msgspec.json.Decoder(list[Notice]).decode


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent.

    Attributes:
        id: What a receiver counts by.
        route: The route's name.
        notices: One; a digest has more.
        let_us: Since when it may be sent.
        attempts: How often it was tried before.
    """

    id: str
    route: str
    notices: Sequence[Notice]
    let_us: int = 0
    attempts: int = 0

    def body(self) -> bytes:
        """Return what a webhook is sent: the dossier, or the digest; the same bytes at every try."""
        if len(self.notices) > 1:
            return digest_body(self.route, self.notices, self.let_us)
        return (self.notices[0].body or msgspec.json.encode(self.notices[0]).decode()).encode()

    def words(self) -> Words:
        """Return it in words."""
        return words_of(self.notices[0]) if len(self.notices) == 1 else words_of_digest(self.notices)


class Channel(Protocol):
    """A way out. Used by several threads."""

    def send(self, message: Message) -> Answer:
        """Try once."""
        ...


def stored(notices: Sequence[Notice]) -> bytes:
    """Return notices as they are kept; a digest has no use for the dossiers."""
    kept = notices if len(notices) == 1 else [msgspec.structs.replace(notice, body=None) for notice in notices]
    return msgspec.json.encode(kept)


def restored(blob: object) -> list[Notice]:
    """Return kept notices.

    Raises:
        DeliveryError: they can't be read.
    """
    try:
        return _decode(blob if isinstance(blob, bytes) else b"")
    except msgspec.MsgspecError as error:
        raise DeliveryError(f"a delivery can't be read: {error}; put {'DIR/deliver'} back from a backup") from error
