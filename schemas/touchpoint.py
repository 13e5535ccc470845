"""The touchpoint, version 1: one thing that happened between a customer and the service, as JSON, one object an event.

The class bodies are the contract; ``schemas/json/touchpoint.1.schema.json`` is generated from them. A field that is added later must have a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

VERSION = 1
MAX_BYTES = 1 << 20
"""A payload longer than this (bytes) is a dead letter, ``too_large``."""

_LIMIT = 1 << 62
Name = Annotated[str, Meta(min_length=1, max_length=1024)]
Integer = Annotated[int, Meta(ge=-_LIMIT, le=_LIMIT)]
Seconds = Annotated[float, Meta(ge=0, le=3.2e9)]
Instant = Annotated[datetime, Meta(tz=True)]

RESERVED_ATTRIBUTES = ("segment", "client_type", "context", "party_size", "campaign", "element")
"""Attributes that are facts about the person; the latest by total order is shown in ``mart.customers``."""


class _Block(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Settings that all parts of a touchpoint share."""


class Actor(_Block, frozen=True):
    """Who acted: a person of the company, a machine, or the customer."""

    id: str | None = None
    kind: Literal["human", "machine", "customer"] | None = None
    team: str | None = None
    lane: Literal["front", "back"] | None = None  # in front of the line of visibility, or behind it


class Promise(_Block, frozen=True):
    """What the company said it would do, and by when."""

    due_at: Instant
    kind: str | None = None


class Rating(_Block, frozen=True):
    """An answer on a survey's scale, for example ``{"metric": "nps", "value": 9, "scale": "0-10"}``."""

    metric: Literal["nps", "csat", "ces"]
    value: Annotated[float, Meta(ge=-1e9, le=1e9)]
    scale: str | None = None


class Money(_Block, frozen=True):
    """An amount in minor units (cents, kopecks) of an ISO 4217 currency."""

    amount_minor: Integer
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    kind: Literal["order", "refund", "compensation", "cost"] | None = None


class Touchpoint(_Block, frozen=True):
    """One touchpoint. ``id`` and ``source`` name it, ``type`` and ``time`` say what happened and when; the rest is optional."""

    id: Name
    source: Name
    type: Name  # thing.past_verb; any string is accepted
    time: Instant  # when it happened or began, RFC 3339 with a zone; its end is time + service_s
    sequence: Integer | None = None  # order inside a source for equal times
    customer_id: str | None = None
    identifiers: list[str] | None = None  # kind:value, for example cookie:ab12
    case_id: str | None = None
    channel: str | None = None
    site: str | None = None
    stage: str | None = None
    lifecycle: Literal["queued", "started", "completed"] | None = None
    actor: Actor | None = None
    causation_id: str | None = None
    correlation_id: str | None = None
    wait_s: Seconds | None = None
    service_s: Seconds | None = None
    promise: Promise | None = None
    rating: Rating | None = None
    money: Money | None = None
    text: str | None = None
    language: str | None = None
    attributes: dict[str, str] | None = None


FIELDS = tuple(field.name for field in msgspec.structs.fields(Touchpoint))
