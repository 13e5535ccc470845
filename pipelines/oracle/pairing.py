"""What opens and what closes it, inside one journey: walked event by event, because a reader can check a walk and not a window function."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

Event = Mapping[str, Any]
PAIRED = ("customer", "first_key", "key", "lifecycle_wait_ms", "lifecycle_service_ms", "role_wait_ms", "opener_position", "open_wait")
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
        waits, still_open = _after(events, "queued", "started")
        services, _ = _after(events, "started", "completed")
        closed: dict[int, Event] = {}
        for pair in pairs:
            found, opened = _walk(events, pair)
            closed, still_open = found | closed, still_open | opened
        for at, event in enumerate(events):
            spans = [_between(found.get(at), event) for found in (waits, services, closed)]
            opener = waits.get(at, closed.get(at))
            paired = (customer, first_key, event["key"], *spans, opener and opener["position"], event["key"] in still_open)
            rows.append(dict(zip(PAIRED, paired, strict=True)))
    return rows


def _after(events: Sequence[Event], first: str, second: str) -> tuple[dict[int, Event], set[int]]:
    """Return place of each `second` stage of life → the `first` of the same type, first in first out; and the keys of those left over."""
    waiting: defaultdict[str, deque[Event]] = defaultdict(deque)
    found = {}
    for at, event in enumerate(events):
        queue = waiting[event["type"]]
        if event["lifecycle"] == second and queue:
            found[at] = queue.popleft()
        elif event["lifecycle"] == first:
            queue.append(event)
    return found, {event["key"] for queue in waiting.values() for event in queue}


def _walk(events: Sequence[Event], pair: Event) -> tuple[dict[int, Event], set[int]]:
    """Return place of each event that closes an opening of `pair` → that opening, and the keys of what is still open.

    An event closes before it opens.
    """
    still_open: list[Event] = []
    found = {}
    for at, event in enumerate(events):
        if event["thing"] != pair["thing"]:
            continue
        if event["roles"] & pair["closes"]:
            opening = _opening_for(event, still_open, _key_of(pair, event), pair["key"] == "journey")
            if opening is not None:
                still_open.remove(opening)
                found[at] = opening
        if event["roles"] & pair["opens"]:
            still_open.append(event)
    return found, {event["key"] for event in still_open}


def _key_of(pair: Event, event: Event) -> str:
    """Return the field that ties an opening to its closing: where a pair goes by case and there is none, the thread in the correlation."""
    return "case_id" if pair["key"] == "case" and event["case_id"] is not None else "correlation_id"


def _opening_for(event: Event, still_open: Sequence[Event], name: str, anywhere: bool) -> Event | None:
    """Return the opening that `event` closes: with its own key the first; else, where either lacks the key, the latest of its channel.

    With `anywhere` the channel does not matter, and it is the first.
    """
    key = event[name]
    if key is not None:
        for opening in still_open:
            if opening[name] == key:
                return opening
    for opening in still_open if anywhere else reversed(still_open):
        if (anywhere or opening["channel"] == event["channel"]) and (key is None or opening[name] is None):
            return opening
    return None


def _between(opening: Event | None, event: Event) -> int | None:
    """Return the whole ms from one event's time to the other's, None without the first; never negative, since events come in total order."""
    return None if opening is None else (event["time_us"] - opening["time_us"]) // 1000
