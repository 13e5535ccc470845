"""A second, plain reading of a simulated log: who waited for what, and how long. It shares nothing with the simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.touchpoint import Touchpoint

OPENS = {
    "call.queued": "call",
    "hold.started": "hold",
    "visit.arrived": "visit",
    "wait.started": "wait",
    "approval.requested": "approval",
    "human.requested": "human",
    "voicemail.left": "voicemail",
    "callback.requested": "callback",
    "message.received": "message",
    "handoff.requested": "handoff",
    "complaint.filed": "complaint",
    "order.paid": "order",
    "promise.made": "promise",
}
CLOSES = {
    "call": ("call.answered", "call.abandoned", "call.to_voicemail"),
    "hold": ("hold.ended",),
    "visit": ("visit.served", "visit.left"),
    "wait": ("wait.ended",),
    "approval": ("approval.granted", "approval.refused"),
    "human": ("human.reached",),
    "voicemail": ("voicemail.listened",),
    "callback": ("callback.reached",),
    "message": ("message.answered",),
    "handoff": ("handoff.accepted", "handoff.returned"),
    "complaint": ("complaint.acknowledged",),
    "order": ("order.delivered", "order.cancelled", "order.refunded"),
    "promise": ("promise.kept", "promise.withdrawn"),
}
_THING_OF_CLOSER = {kind: thing for thing, kinds in CLOSES.items() for kind in kinds}
_HOUR = 3600
ADEQUATE_S = {
    "call": 180,
    "hold": 120,
    "visit": 600,
    "wait": 900,
    "approval": 48 * _HOUR,
    "human": 300,
    "voicemail": 4 * _HOUR,
    "callback": 24 * _HOUR,
    "handoff": 8 * _HOUR,
    "complaint": 24 * _HOUR,
    "order": 7 * 24 * _HOUR,
}
MESSAGE_ADEQUATE_S = {"chat": 180, "email": 24 * _HOUR, "messenger": 4 * _HOUR, "social": 4 * _HOUR}


class Wait(NamedTuple):
    """From `opened` to its end or, where nothing ended it, to the end of the log."""

    opened: Touchpoint
    closed: Touchpoint | None
    seconds: float

    @property
    def adequate_s(self) -> float:
        """The longest that this wait may last; a promise may last until its due time."""
        thing = OPENS[self.opened.type]
        if thing == "message":
            return MESSAGE_ADEQUATE_S[self.opened.channel or ""]
        if self.opened.promise:
            return (self.opened.promise.due_at - self.opened.time).total_seconds()
        return ADEQUATE_S[thing]


def unique(events: Iterable[Touchpoint]) -> list[Touchpoint]:
    """Keep the first of each (source, id), in the order of time."""
    first: dict[tuple[str, str], Touchpoint] = {}
    for event in events:
        first.setdefault((event.source, event.id), event)
    return sorted(first.values(), key=lambda event: (event.time, event.id))


def waits(events: list[Touchpoint]) -> Iterator[Wait]:
    """Pair openings with the next event of the same thing and flow that closes it."""
    opened: dict[tuple[str, str | None], Touchpoint] = {}
    for event in events:
        closer = _THING_OF_CLOSER.get(event.type)
        key = (closer or OPENS.get(event.type, ""), event.correlation_id or event.case_id)
        if closer in ("order", "complaint") or event.type in ("order.paid", "complaint.filed"):
            key = (key[0], event.case_id)
        if closer and key in opened:
            opening = opened.pop(key)
            yield Wait(opening, event, (event.time - opening.time).total_seconds())
        elif event.type in OPENS:
            opened[key] = event
    for opening in opened.values():
        yield Wait(opening, None, (events[-1].time - opening.time).total_seconds())
