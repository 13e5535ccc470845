"""The canonical form of a touchpoint: exactly what the journal stores of it, so that stored facts read again are the same events, content and all.

Instants are in UTC, durations in whole milliseconds; lists, blocks and attributes that hold nothing are left out, and so are empty texts in fields
that later steps read as absent.
"""

from __future__ import annotations

from datetime import UTC
from math import copysign
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from schemas.touchpoint import Actor, Touchpoint

_NO_ACTOR = Actor()
_FILLED: dict[str, Any] = {
    **dict.fromkeys(("case_id", "channel", "site", "stage", "causation_id", "correlation_id"), Annotated[str, Meta(min_length=1)] | None),
    "identifiers": Annotated[list[str], Meta(min_length=1)] | None,
    "attributes": Annotated[dict[str, str], Meta(min_length=1)] | None,
}
"""What is left out where it is empty."""


def _filled() -> type[Touchpoint]:
    fields = msgspec.structs.fields(Touchpoint)  # all of them, for one that is declared again goes to the end
    declared = [(each.name, _FILLED.get(each.name, each.type), msgspec.field(default=each.default)) for each in fields]
    return cast(type[Touchpoint], msgspec.defstruct("Filled", declared, bases=(Touchpoint,), kw_only=True, frozen=True))


Filled = _filled()
"""A touchpoint in which nothing is empty: by far the most, and its decoder sees to it for less than a look at each field takes."""


def fill(events: list[Touchpoint]) -> None:
    """Leave out, in their places, what is empty in events: for a batch in which some have what is."""
    for place in [
        place
        for place, event in enumerate(events)
        if ((case := event.case_id) is not None and not case)
        or ((channel := event.channel) is not None and not channel)
        or ((site := event.site) is not None and not site)
        or ((stage := event.stage) is not None and not stage)
        or ((causation := event.causation_id) is not None and not causation)
        or ((correlation := event.correlation_id) is not None and not correlation)
        or ((identifiers := event.identifiers) is not None and not identifiers)
        or ((attributes := event.attributes) is not None and not attributes)
    ]:
        event = events[place]
        events[place] = replace(event, **{name: getattr(event, name) or None for name in _FILLED})


def make_canonical(events: list[Touchpoint]) -> None:
    """Put filled events into canonical form, in their places. Nearly all have it, and each is asked: so it is one look at each field, and no call.

    Raises:
        OverflowError: an instant lies outside of the years 1 to 9999 UTC.
    """
    for place in [place for place, event in enumerate(events) if event.time.tzinfo is not UTC]:
        events[place] = _in_utc(events[place])
    for place in [
        place
        for place, event in enumerate(events)
        if ((actor := event.actor) is not None and actor == _NO_ACTOR)
        or ((wait := event.wait_s) is not None and not _is_whole_ms(wait))
        or ((service := event.service_s) is not None and not _is_whole_ms(service))
        or ((promise := event.promise) is not None and promise.due_at.tzinfo is not UTC)
    ]:
        events[place] = canonical(events[place])


def canonical(event: Touchpoint) -> Touchpoint:
    """Return any event in canonical form.

    Raises:
        OverflowError: an instant lies outside of the years 1 to 9999 UTC.
    """
    changes: dict[str, Any] = {name: None for name in _FILLED if not getattr(event, name)}
    changes |= {name: _whole_ms(seconds) for name in ("wait_s", "service_s") if (seconds := getattr(event, name)) is not None}
    if event.actor == _NO_ACTOR:
        changes["actor"] = None
    if event.promise is not None:
        changes["promise"] = replace(event.promise, due_at=event.promise.due_at.astimezone(UTC))
    return replace(_in_utc(event), **changes)


def _in_utc(event: Touchpoint) -> Touchpoint:
    return replace(event, time=event.time.astimezone(UTC))


def _whole_ms(seconds: float) -> float:
    return int(seconds * 1000 + 0.5) / 1000


def _is_whole_ms(seconds: float) -> bool:
    return _whole_ms(seconds) == seconds and copysign(1, seconds) > 0  # a negative zero equals zero, but isn't written like it
