"""What opens and what closes it, inside one journey: walked event by event, because a reader can check a walk and not a window function."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

Event = Mapping[str, Any]
PAIRED = ("customer", "first_key", "key", "lifecycle_wait_ms", "lifecycle_service_ms", "role_wait_ms")
"""The columns of what :func:`pairs_found` returns."""


def pairs_found(members: Iterable[Event], pairs: Sequence[Event]) -> list[dict[str, Any]]:
    """Return what pairs say about each event: one row an event, columns :data:`PAIRED`, durations in ms or None.

    Args:
        members: Rows of ``members``, ordered by journey and position.
        pairs: Rows of ``pairs`` (name, thing, opens, closes, key), in the order of the map: where two say something of one event, the first counts.
    """
    rows = []
    for (customer, first_key), journey in groupby(members, key=itemgetter("customer", "first_key")):
        events = list(journey)
        waits = _after(events, "queued", "started")
        services = _after(events, "started", "completed")
        closed: dict[int, int] = {}
        for pair in pairs:
            closed = _walk(events, pair) | closed
        for at, event in enumerate(events):
            rows.append(dict(zip(PAIRED, (customer, first_key, event["key"], waits.get(at), services.get(at), closed.get(at)), strict=True)))
    return rows


def _after(events: Sequence[Event], first: str, second: str) -> dict[int, int]:
    """Return place of each `second` stage of life → ms since the `first` of the same type, first in first out."""
    waiting: defaultdict[str, deque[Event]] = defaultdict(deque)
    found = {}
    for at, event in enumerate(events):
        queue = waiting[event["type"]]
        if event["lifecycle"] == second and queue:
            found[at] = _between(queue.popleft(), event)
        elif event["lifecycle"] == first:
            queue.append(event)
    return found


def _walk(events: Sequence[Event], pair: Event) -> dict[int, int]:
    """Return place of each event that closes an opening of `pair` → ms since that opening. An event closes before it opens."""
    still_open: list[Event] = []
    found = {}
    for at, event in enumerate(events):
        if event["thing"] != pair["thing"]:
            continue
        if event["roles"] & pair["closes"]:
            opening = _opening_for(event, still_open, "case_id" if pair["key"] == "case" else "correlation_id")
            if opening is not None:
                still_open.remove(opening)
                found[at] = _between(opening, event)
        if event["roles"] & pair["opens"]:
            still_open.append(event)
    return found


def _opening_for(event: Event, still_open: Sequence[Event], name: str) -> Event | None:
    """Return the opening that `event` closes: with its own key the first; else the latest of its channel where either lacks the key."""
    key = event[name]
    if key is not None:
        for opening in still_open:
            if opening[name] == key:
                return opening
    for opening in reversed(still_open):
        if opening["channel"] == event["channel"] and (key is None or opening[name] is None):
            return opening
    return None


def _between(opening: Event, event: Event) -> int:
    """Return the whole ms from one event's time to the other's; never negative, since events come in total order."""
    span: int = event["time_us"] - opening["time_us"]
    return span // 1000
