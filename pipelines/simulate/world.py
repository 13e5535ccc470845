"""The company: its channels, sites, teams, people, and the levels of waiting that the simulator takes as tolerable."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.simulate.chance import DAY, HOUR, MINUTE, SECOND

ORIGIN = 1_736_121_600_000
"""The first instant, ms since 1970: Monday 2025-01-06T00:00:00Z."""

ZONES = {"tills": ("+03:00", 3 * HOUR), "field": ("+03:00", 3 * HOUR)}
"""Sources that write local time: the zone, and what it adds (ms); the others write UTC."""

CHANNELS = (
    "none",
    "web",
    "app",
    "phone",
    "ivr",
    "voicemail",
    "chat",
    "bot",
    "email",
    "messenger",
    "social",
    "store",
    "field",
    "survey",
    "backoffice",
)
_TYPES = """
page.viewed search.made form.started form.failed form.submitted menu.entered menu.left human.requested human.reached bot.answered bot.failed
call.offered call.queued call.answered call.transferred call.abandoned call.to_voicemail call.ended hold.started hold.message_played hold.ended
voicemail.left voicemail.listened callback.requested callback.attempted callback.reached message.received message.answered
visit.arrived visit.served visit.left wait.started wait.ended
case.opened case.assigned case.moved case.status_changed case.progressed case.resolved case.reopened case.closed
op.queued op.started op.completed op.failed handoff.requested handoff.accepted handoff.returned handoff.completed
approval.requested approval.granted approval.refused promise.made promise.progressed promise.kept promise.withdrawn
order.placed order.paid order.delivered order.cancelled order.refunded purchase.made
subscription.started subscription.renewed subscription.cancelled survey.sent survey.answered
feedback.received failure.reported complaint.filed complaint.acknowledged complaint.resolved
recovery.acknowledged recovery.owned recovery.action recovery.fixed recovery.confirmed
gesture.made fee.charged customer.effort customer.repeated exception.granted training.completed manager.changed feed.heartbeat
"""
TYPES = tuple(_TYPES.split())
"""Every standard type (the vocabulary); the simulator writes no other."""

_SOURCES = {
    "call": "telephony", "menu": "telephony", "hold": "telephony", "voicemail": "telephony", "callback": "telephony",
    "page": "web", "search": "web", "form": "web", "bot": "assistant", "human": "assistant", "message": "inbox",
    "visit": "tills", "purchase": "tills", "wait": "field", "survey": "surveys", "feedback": "surveys",
    "op": "backstage", "training": "staff", "manager": "staff", "order": "shop", "subscription": "shop",
}  # fmt: skip
FEEDS = ("web", "telephony", "assistant", "inbox", "tills", "shop", "crm", "field", "surveys", "backstage")
"""The sources that send a heartbeat."""


def source_of(kind: str, channel: str | NDArray[Any]) -> str:
    """Name the system that tells of a type; the app and the web tell of their pages themselves."""
    source = _SOURCES.get(kind.split(".")[0], "crm")
    return "app" if source == "web" and isinstance(channel, str) and channel == "app" else source


TEAMS = ("billing", "technical", "sales", "loyalty", "logistics", "returns")
_STAFF = 14
ACTORS = np.array(
    [[f'{{"id":"{team}-{k:02}","kind":"human","team":"{team}","lane":"front"}}' for k in range(1, _STAFF + 1)] for team in TEAMS], dtype=object
)
"""ACTORS[team, person]: who acts, as JSON."""
BOT = '{"id":"assistant","kind":"machine","lane":"front"}'
MENU = '{"id":"menu","kind":"machine","lane":"front"}'

CALL_SITES = ("callcentre-north", "callcentre-south")
STORES = tuple(f"store-{k:02}" for k in range(1, 9))
REGIONS = tuple(f"region-{k}" for k in range(1, 5))


class Level(NamedTuple):
    """What a wait may be, in ms: ordinary waits stay below `ordinary`; troubled ones lie between `troubled` and `worst`; nothing between."""

    typical: int
    ordinary: int
    adequate: int
    troubled: int
    worst: int


LEVELS = {
    "queue": Level(18 * SECOND, 50 * SECOND, 3 * MINUTE, 15 * MINUTE, 40 * MINUTE),
    "hold": Level(15 * SECOND, 40 * SECOND, 2 * MINUTE, 12 * MINUTE, 25 * MINUTE),
    "menu": Level(15 * SECOND, 40 * SECOND, 2 * MINUTE, 12 * MINUTE, 25 * MINUTE),
    "human": Level(15 * SECOND, 50 * SECOND, 5 * MINUTE, 40 * MINUTE, 2 * HOUR),
    "voicemail": Level(8 * MINUTE, 25 * MINUTE, 4 * HOUR, 3 * DAY, 5 * DAY),
    "callback": Level(10 * MINUTE, 45 * MINUTE, 24 * HOUR, 3 * DAY, 5 * DAY),
    "chat": Level(12 * SECOND, 28 * SECOND, 3 * MINUTE, 1 * HOUR, 3 * HOUR),
    "messenger": Level(20 * SECOND, 45 * SECOND, 4 * HOUR, 1 * DAY, 3 * DAY),
    "email": Level(25 * MINUTE, 90 * MINUTE, 24 * HOUR, 4 * DAY, 6 * DAY),
    "social": Level(5 * MINUTE, 25 * MINUTE, 4 * HOUR, 3 * DAY, 5 * DAY),
    "visit": Level(90 * SECOND, 4 * MINUTE, 10 * MINUTE, 35 * MINUTE, 90 * MINUTE),
    "field": Level(2 * MINUTE, 4 * MINUTE, 15 * MINUTE, 30 * HOUR, 40 * HOUR),
    "approval": Level(20 * MINUTE, 90 * MINUTE, 2 * DAY, 4 * DAY, 6 * DAY),
    "handoff": Level(4 * MINUTE, 20 * MINUTE, 8 * HOUR, 3 * DAY, 4 * DAY),
    "delivery": Level(26 * HOUR, 44 * HOUR, 7 * DAY, 11 * DAY, 14 * DAY),
    "complaint": Level(15 * MINUTE, 50 * MINUTE, 24 * HOUR, 4 * DAY, 6 * DAY),
}
"""The simulator's levels for each kind of wait. The gap on both sides of `adequate` keeps the truth true under any sensible journey map."""


class Incident(NamedTuple):
    """One planted breakdown: what waits where and when, and which work behind the line of visibility causes it."""

    id: str
    kind: str
    since: int
    until: int
    place: int
    site: str
    channel: str
    opens: str
    operation: str
    team: str
    element: str


class _Breakdown(NamedTuple):
    kind: str
    sites: tuple[str, ...]
    channel: str
    opens: str
    hours: tuple[int, int]
    team: str
    element: str


_BREAKDOWNS = (
    _Breakdown("call", CALL_SITES, "phone", "call.queued", (2, 4), "platform", "technology"),
    _Breakdown("visit", STORES, "store", "visit.arrived", (3, 5), "front-desk systems", "technology"),
    _Breakdown("order", REGIONS, "web", "order.paid", (20, 40), "couriers", "operations"),
    _Breakdown("case", ("head-office",), "backoffice", "approval.requested", (20, 40), "credit committee", "people"),
    _Breakdown("message", ("head-office",), "email", "message.received", (12, 24), "mail room", "people"),
    _Breakdown("field", REGIONS, "field", "wait.started", (20, 40), "spare parts", "operations"),
)


def days_of(events: int) -> int:
    """Return the nominal length of a log of so many events in days: 90 for a million, growing with the sixth root."""
    return max(28, round(90 * math.pow(events / 1_000_000, 1 / 6)))


def plan_incidents(days: int, rng: np.random.Generator) -> list[Incident]:
    """Plant one breakdown of each kind for every 45 days, in office hours, between 12 % and 55 % of the log."""
    plans = _BREAKDOWNS * (1 + days // 45)
    return [_plan(number, plan, int(days * (0.12 + 0.43 * number / len(plans))), rng) for number, plan in enumerate(plans)]


def _plan(number: int, plan: _Breakdown, day: int, rng: np.random.Generator) -> Incident:
    since = ORIGIN + day * DAY + int(rng.integers(9 * 60, 12 * 60)) * MINUTE
    until = since + int(rng.integers(plan.hours[0] * 60, plan.hours[1] * 60)) * MINUTE
    place = int(rng.integers(0, len(plan.sites)))
    name = f"incident-{number + 1}"
    return Incident(name, plan.kind, since, until, place, plan.sites[place], plan.channel, plan.opens, f"op-{name}", plan.team, plan.element)
