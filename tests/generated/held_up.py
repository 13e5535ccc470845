"""Histories of customers who wait and of work that holds them up, as hypothesis strategies: flows shared, causes named, ends missing or late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.generated.events import MORNING, Event, histories

_PAIRS = (
    ("call.queued", "call.answered"),
    ("visit.arrived", "visit.served"),
    ("message.received", "message.answered"),
    ("order.paid", "order.delivered"),
    ("human.requested", "human.reached"),
)
_MINUTES = (0, 1, 5, 10, 60, 24 * 60, 47 * 60, 48 * 60, 49 * 60, 5 * 24 * 60)
"""On, under and over a window of two days among them."""
_FLOWS = (None, "k1", "k2")
_CHANGES: tuple[Event, ...] = (
    {"type": "page.viewed"}, {"type": "call.queued"}, {"correlation_id": "k2"},
    {"sequence": 3}, {"text": "again"}, {"attributes": {"segment": "gold"}},
)  # fmt: skip


@st.composite
def _waits(draw: DrawFn, number: int) -> list[Event]:
    """A wait of somebody, that ends or doesn't, and work that it may be due to."""
    opens, closes = draw(st.sampled_from(_PAIRS))
    begun = MORNING + timedelta(minutes=draw(st.sampled_from(_MINUTES)) + draw(st.sampled_from(_MINUTES)))
    who: dict[str, Any] = {"customer_id": draw(st.sampled_from(("ann", "bob", "kim"))), "channel": "phone"}
    who |= draw(st.sampled_from(({}, {"case_id": "c-1"}, {"correlation_id": "k1"}, {"correlation_id": "k2"}, {"attributes": {"segment": "gold"}})))
    events = [who | {"id": f"o{number}", "type": opens, "time": begun}]
    if draw(st.booleans()):
        events.append(who | {"id": f"c{number}", "type": closes, "time": begun + timedelta(minutes=draw(st.sampled_from(_MINUTES)))})
    tie = draw(st.sampled_from(({"correlation_id": "k1"}, {"correlation_id": "k2"}, {"causation_id": f"o{number}"})))
    if draw(st.booleans()):
        tie = tie | {"causation_id": f"o{draw(st.integers(0, number))}"}
    for place, kind in enumerate(draw(st.lists(st.sampled_from(("op.queued", "op.started", "op.completed")), max_size=3))):
        at = begun + timedelta(minutes=draw(st.sampled_from(_MINUTES)) - draw(st.sampled_from((0, 0, 5))))
        team = draw(st.sampled_from(("desk", "store")))
        events.append({"id": f"w{number}-{place}", "type": kind, "time": at, "channel": "backoffice", "actor": {"team": team}} | tie)
    return events


@st.composite
def held_up(draw: DrawFn, most: int = 7) -> list[Event]:
    """A handful of waits with the work behind them, some copies that differ, and perhaps a history of another kind beside it."""
    events = [event | {"source": "held"} for number in range(draw(st.integers(1, most))) for event in draw(_waits(number))]
    told = [event | {"time": event["time"].isoformat()} for event in events]
    copies = [event | draw(st.sampled_from(_CHANGES)) for event in draw(st.lists(st.sampled_from(told), max_size=4))]
    return told + copies + (draw(histories(most_scenes=2)) if draw(st.booleans()) else [])
