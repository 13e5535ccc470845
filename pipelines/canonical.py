"""The canonical form of a touchpoint: exactly what the journal stores of it, so that stored facts read again are the same events, content and all.

Instants are in UTC, durations in whole milliseconds; lists, blocks and attributes that hold nothing are left out, and so are empty texts in fields
that ``sql/extract.sql`` reads as absent.
"""

from __future__ import annotations

from datetime import UTC
from math import copysign
from typing import Any

from msgspec.structs import replace

from schemas.touchpoint import Actor, Touchpoint

_NO_ACTOR = Actor()
_TEXTS = ("case_id", "channel", "site", "stage", "causation_id", "correlation_id")
_BLOCKS = ("identifiers", "attributes")
_DURATIONS = ("wait_s", "service_s")


def stands(event: Touchpoint) -> bool:
    """Whether an event is in canonical form. Nearly all are, and each is asked: on the straight way it is one look at each field."""
    return (
        event.time.tzinfo is UTC
        and ((wait := event.wait_s) is None or _is_whole_ms(wait))
        and ((service := event.service_s) is None or _is_whole_ms(service))
        and ((case := event.case_id) is None or case != "")
        and ((channel := event.channel) is None or channel != "")
        and ((site := event.site) is None or site != "")
        and ((stage := event.stage) is None or stage != "")
        and ((causation := event.causation_id) is None or causation != "")
        and ((correlation := event.correlation_id) is None or correlation != "")
        and ((identifiers := event.identifiers) is None or len(identifiers) > 0)
        and ((attributes := event.attributes) is None or len(attributes) > 0)
        and ((promise := event.promise) is None or promise.due_at.tzinfo is UTC)
        and ((actor := event.actor) is None or actor != _NO_ACTOR)
    )


def canonical(event: Touchpoint) -> Touchpoint:
    """Return an event in canonical form.

    Raises:
        OverflowError: an instant lies outside of the years 1 to 9999 UTC.
    """
    if event.time.tzinfo is not UTC:
        event = replace(event, time=event.time.astimezone(UTC))
        if stands(event):  # as a rule nothing else has to be changed
            return event
    changes: dict[str, Any] = {name: None for name in (*_TEXTS, *_BLOCKS) if not getattr(event, name)}
    changes |= {name: _whole_ms(seconds) for name in _DURATIONS if (seconds := getattr(event, name)) is not None}
    if event.actor == _NO_ACTOR:
        changes["actor"] = None
    if event.promise is not None:
        changes["promise"] = replace(event.promise, due_at=event.promise.due_at.astimezone(UTC))
    return replace(event, **changes)


def _whole_ms(seconds: float) -> float:
    return int(seconds * 1000 + 0.5) / 1000


def _is_whole_ms(seconds: float) -> bool:
    return _whole_ms(seconds) == seconds and copysign(1, seconds) > 0  # a negative zero equals zero, but isn't written like it
