"""Histories that are nasty on purpose: small lists of touchpoints that hold what breaks a rebuild, as hypothesis strategies.

A history is a list of JSON-ready dicts by ``schemas/touchpoint.py``, made of scenes: a call, a case that comes back, a late event that bridges
two journeys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Event = dict[str, Any]

MORNING = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
"""The first scene begins here; the last event of any history lies before :data:`RECEIVED_AT`, the future ones apart."""
RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When every record came, to be given as the run's start."""
MOST_EVENTS = 60
MOST_COPIES = 4
SMALL_JOURNEY = 8
"""Use a map with this ``max_events``: a scene of more makes an oversized journey."""

PLACEHOLDERS = ("0", "undefined")
PEOPLE: tuple[Event, ...] = (
    {"customer_id": "ann"},
    {"customer_id": "ann", "identifiers": ["cookie:c1"]},
    {"customer_id": "Bob O'Neil"},
    {"identifiers": ["cookie:c1", "email:kim@example.com"]},
    {"identifiers": ["cookie:c2"]},
    {"customer_id": "0", "identifiers": ["cookie:c2"]},
    {"customer_id": "0"},
    {"customer_id": "undefined", "correlation_id": "k1"},
    {"customer_id": "Юлия"},
)
SOURCES = ("web", "pbx", "crm")
PAUSES = (0, 0, 1, 5, 29, 30, 31, 24 * 60, 72 * 60, 72 * 60 + 1)
"""Minutes from one event to the next: on, just under and just over the gaps of the default map."""
ODD_MICROSECONDS = (0, 0, 0, 1, 999, 1500)
KEYS = (None, None, "k1", "k2")

people = st.sampled_from(PEOPLE)
channels = st.sampled_from(("web", "phone", "chat", None))


def touchpoint(type_: str, at: datetime, who: Event, **fields: Any) -> Event:
    """Return one event without id and source, which :func:`histories` gives; fields that are None are left out, those of `who` give way."""
    given = {name: value for name, value in fields.items() if value is not None}
    return {"type": type_, "time": at.isoformat().replace("+00:00", "Z")} | who | given


@st.composite
def starts(draw: DrawFn) -> datetime:
    """When a scene begins: mostly the same day, so that scenes of one customer meet."""
    day = draw(st.sampled_from((0, 0, 0, 1, 3, 400)))
    minute = draw(st.sampled_from((0, 10, 30)))
    return MORNING + timedelta(days=day, minutes=minute)


@st.composite
def times(draw: DrawFn, count: int, start: datetime | None = None) -> list[datetime]:
    """So many instants, none before the one before it."""
    at = draw(starts()) if start is None else start
    instants = []
    for _ in range(count):
        instants.append(at)
        at += timedelta(minutes=draw(st.sampled_from(PAUSES)), microseconds=draw(st.sampled_from(ODD_MICROSECONDS)))
    return instants


@st.composite
def browsing(draw: DrawFn) -> list[Event]:
    """Pages, searches and forms, some at equal times, some seen from another time zone."""
    who = draw(people)
    types = draw(st.lists(st.sampled_from(("page.viewed", "search.made", "form.failed")), min_size=1, max_size=4))
    zone = timezone(timedelta(hours=draw(st.sampled_from((0, 3, -5)))))
    return [
        touchpoint(type_, at.astimezone(zone), who, channel="web", sequence=draw(st.sampled_from((None, 0, 1, -1))))
        for type_, at in zip(types, draw(times(len(types))), strict=True)
    ]


@st.composite
def call(draw: DrawFn) -> list[Event]:
    """A call through the queue, with its legs tied by a correlation or not, with measured durations or not."""
    who = draw(people)
    types = ["call.offered", "call.queued", draw(st.sampled_from(("call.answered", "call.abandoned", "call.to_voicemail"))), "call.ended"]
    key = draw(st.sampled_from(KEYS))
    events = [touchpoint(type_, at, who, channel="phone", site="north", correlation_id=key) for type_, at in zip(types, draw(times(4)), strict=True)]
    events[2] |= draw(st.sampled_from(({}, {"wait_s": 12.5}, {"service_s": 95.0}, {"wait_s": 0.0, "service_s": 7200.001})))
    return events


@st.composite
def pairs(draw: DrawFn) -> list[Event]:
    """Openings and closings of one thing without sense, so that each way to pair them occurs."""
    who = draw(people)
    types = draw(
        st.sampled_from(
            (
                ("call.queued", "call.answered", "call.abandoned"),
                ("hold.started", "hold.ended", "call.answered"),
                ("callback.requested", "callback.attempted", "callback.reached"),
                ("message.received", "message.answered", "message.answered"),
                ("visit.arrived", "visit.served", "visit.left"),
                ("human.requested", "human.reached", "call.answered"),
                ("complaint.filed", "complaint.acknowledged", "complaint.resolved"),
                ("order.paid", "order.delivered", "order.refunded"),
            )
        )
    )
    chosen = draw(st.lists(st.sampled_from(types), min_size=2, max_size=7))
    case = draw(st.sampled_from((None, None, "c-1")))
    return [
        touchpoint(type_, at, who, channel=draw(channels), case_id=case, correlation_id=draw(st.sampled_from(KEYS)))
        for type_, at in zip(chosen, draw(times(len(chosen))), strict=True)
    ]


@st.composite
def lives(draw: DrawFn) -> list[Event]:
    """Stages of life of a task or two, of which some are missing."""
    who = draw(people)
    case = draw(st.sampled_from((None, "c-1")))
    stages = draw(st.lists(st.sampled_from(("queued", "started", "completed")), min_size=2, max_size=7))
    types = st.sampled_from(("case.progressed", "case.progressed", "wait.ended"))
    return [
        touchpoint(draw(types), at, who, channel="backoffice", case_id=case, lifecycle=stage)
        for stage, at in zip(stages, draw(times(len(stages))), strict=True)
    ]


@st.composite
def case(draw: DrawFn) -> list[Event]:
    """A case, moved about by the front or the back, closed or not, and perhaps back after a year."""
    who = draw(people)
    actor = draw(st.sampled_from((None, {"kind": "human", "lane": "back"}, {"kind": "machine", "lane": "front"})))
    name = draw(st.sampled_from(("c-1", "c-2")))
    types = ["case.opened", *draw(st.lists(st.sampled_from(("case.moved", "case.progressed", "case.resolved", "case.closed")), max_size=3))]
    instants = draw(times(len(types)))
    if draw(st.booleans()):
        types.append("case.reopened")
        instants.append(instants[-1] + timedelta(days=366))
    return [touchpoint(type_, at, who, channel="backoffice", case_id=name, actor=actor) for type_, at in zip(types, instants, strict=True)]


@st.composite
def bridge(draw: DrawFn) -> list[Event]:
    """Two journeys, and late the event that shows them to be one."""
    who, at = draw(people), draw(starts())
    step = timedelta(minutes=draw(st.sampled_from((20, 30))))
    first, last, between = at, at + 2 * step, at + step
    return [touchpoint("page.viewed", when, who, channel="web") for when in (first, last, between)]


@st.composite
def split(draw: DrawFn) -> list[Event]:
    """One journey, and late the terminal that shows it to be two."""
    who, at = draw(people), draw(starts())
    minutes = (("page.viewed", 0), ("page.viewed", 10), ("case.closed", draw(st.sampled_from((5, 0, 10)))))
    return [touchpoint(type_, at + timedelta(minutes=minute), who, channel="web") for type_, minute in minutes]


@st.composite
def crowd(draw: DrawFn) -> list[Event]:
    """More events than one journey may have, or exactly as many."""
    who, at = draw(people), draw(starts())
    count = draw(st.sampled_from((SMALL_JOURNEY, SMALL_JOURNEY + 1, SMALL_JOURNEY + 1)))
    name = draw(st.sampled_from((None, "c-2")))
    return [touchpoint("page.viewed", at + timedelta(minutes=minute), who, channel="web", case_id=name) for minute in range(count)]


@st.composite
def work(draw: DrawFn) -> list[Event]:
    """Work behind the counter: that names a customer, a flow, a cause, or nobody at all."""
    named = {"customer_id": "ann", "correlation_id": "k1"}
    tied = draw(st.sampled_from(({"correlation_id": "k1"}, {"causation_id": "k1"}, {}, {"customer_id": "0"}, named, named)))
    types = draw(st.lists(st.sampled_from(("op.queued", "op.started", "op.completed", "op.failed")), min_size=1, max_size=3))
    events = [touchpoint(type_, at, tied, channel="backoffice", site="north") for type_, at in zip(types, draw(times(len(types))), strict=True)]
    if draw(st.booleans()):
        events.append(touchpoint("case.moved", draw(starts()), tied, actor={"kind": "human", "lane": "back"}))
    return events


@st.composite
def house(draw: DrawFn) -> list[Event]:
    """Events of the house itself, of which few name a customer."""
    who = draw(st.sampled_from(({}, {}, {"customer_id": "ann"})))
    types = draw(st.lists(st.sampled_from(("feed.heartbeat", "training.completed", "manager.changed")), min_size=1, max_size=2))
    return [touchpoint(type_, at, who, site="north", actor={"team": "desk"}) for type_, at in zip(types, draw(times(len(types))), strict=True)]


@st.composite
def segments(draw: DrawFn) -> list[Event]:
    """Waits of a customer whose segment, type and context change on the way."""
    who = draw(people)
    facts = st.fixed_dictionaries(
        {}, optional={"segment": st.sampled_from(("gold", "plain")), "client_type": st.sampled_from(("new", "old")), "context": st.just("outage")}
    )
    changes = [{"segment": "plain"}, *draw(st.lists(facts, min_size=1, max_size=3)), {"segment": "gold"}]
    return [
        touchpoint("call.answered", at, who, channel="phone", wait_s=draw(st.sampled_from((0.0, 20.0, 300.0, 1234.567))), attributes=fact)
        for fact, at in zip(changes, draw(times(len(changes))), strict=True)
    ]


@st.composite
def strays(draw: DrawFn) -> list[Event]:
    """An event of long ago, and one that has not happened yet."""
    who = draw(people)
    ages = draw(st.lists(st.sampled_from(("future", "ahead", "old")), min_size=2, max_size=3))
    instant = {"old": MORNING - timedelta(days=2), "ahead": RECEIVED_AT + timedelta(minutes=4), "future": RECEIVED_AT + timedelta(days=30)}
    return [touchpoint("page.viewed", instant[age], who, channel="web") for age in ages]


scenes: SearchStrategy[list[Event]] = st.one_of(
    browsing(), call(), pairs(), lives(), case(), bridge(), split(), crowd(), work(), house(), segments(), strays(), pairs(), lives()
)
CHANGES: tuple[Event, ...] = (
    {"text": "again"}, {"text": "снова"}, {"type": "page.viewed"}, {"type": "case.closed"}, {"wait_s": 7.0}, {"service_s": 3600.0},
    {"channel": "web"}, {"sequence": 5}, {"stage": "queue"}, {"attributes": {"segment": "gold"}}, {"customer_id": "ann"},
)  # fmt: skip


@st.composite
def changed_copies(draw: DrawFn, events: Sequence[Event]) -> list[Event]:
    """Some of the events again: with other content, or under the same name at another time."""
    chosen = draw(st.lists(st.sampled_from(events), max_size=MOST_COPIES))
    return [event | (draw(st.sampled_from(CHANGES)) if draw(st.booleans()) else {"time": draw(starts()).isoformat()}) for event in chosen]


@st.composite
def histories(draw: DrawFn, most_scenes: int = 8) -> list[Event]:
    """At most :data:`MOST_EVENTS` events of a handful of customers, in the order in which they might come: the late ones are last in their scene."""
    events: list[Event] = []
    for _ in range(draw(st.integers(1, most_scenes))):  # a list of scenes would mostly be short
        source = draw(st.sampled_from(SOURCES))
        events += [{"id": f"{source[0]}{len(events) + place}", "source": source} | event for place, event in enumerate(draw(scenes))]
    del events[MOST_EVENTS - MOST_COPIES :]
    return events + draw(changed_copies(events))
