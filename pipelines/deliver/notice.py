"""A notice: one thing that was said of an alert, on its way to somebody. Its id is the same at every try, so that a receiver counts it once."""

from __future__ import annotations

from hashlib import md5

import msgspec
import pyarrow as pa

from schemas.routes import Severity, State

CLOSING: frozenset[State] = frozenset(("resolved", "retracted"))
"""States after which nobody waits for an alert any longer."""


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of ``said``; the columns mean what they mean there (schemas/journal.py)."""

    seq: int
    said_us: int
    as_of_us: int
    rule: str
    subject_kind: str
    subject_id: str
    key: int
    since_us: int
    state: State
    severity: Severity
    customer_id: str | None = None
    until_us: int | None = None
    value: int | None = None
    threshold: int | None = None
    unit: str | None = None
    harm: int | None = None
    site: str | None = None
    stage: str | None = None
    channel: str | None = None
    team: str | None = None
    operation: str | None = None
    body: str | None = None

    @property
    def id(self) -> str:
        """The webhook's id: of this change of this alert, in this journal (two may say the same at the same place in their order)."""
        return message_id(f"{self.key:016x} {self.seq} {self.said_us} {self.state}")

    @property
    def closing(self) -> bool:
        """Whether it ends the alert."""
        return self.state in CLOSING


def message_id(text: str) -> str:
    """Return an id that follows from a text, without a full stop in it (Standard Webhooks).

    >>> message_id("a")
    'msg_0cc175b9c0f1b6a831c399e269772661'
    """
    return "msg_" + md5(text.encode(), usedforsecurity=False).hexdigest()


def notices_of(said: pa.Table) -> list[Notice]:
    """Return what is to be sent of a table of ``said``, in its order; what was only recorded is left out."""
    rows = said.filter(said["send"]).select([field for field in Notice.__struct_fields__]).to_pylist()
    return sorted((msgspec.convert(row, Notice) for row in rows), key=lambda notice: notice.seq)
