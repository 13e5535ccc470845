"""Histories of waits with work behind the line of visibility, tied to them in every way: by cause, by flow, through other work, or not at all."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.generated.events import MORNING, Event, touchpoint

_MOMENTS = st.builds(
    lambda minute, odd: MORNING + timedelta(minutes=minute, microseconds=odd),
    st.integers(0, 12) | st.sampled_from((73 * 60, 74 * 60)),  # beyond the longest gap
    st.sampled_from((0, 0, 0, 1, 499, 999, 1_000, 1_500)),
)
_WAITS = (("call.queued", "call.answered", "phone"), ("visit.arrived", "visit.served", "store"), ("human.requested", "human.reached", "bot"))
_FLOWS = ("w1", "w2", "w3", None)
_WORKS = ("o1", "o2", "o3", "w1", "w2", None)


@st.composite
def _wait(draw: DrawFn, number: int) -> list[Event]:
    opens, closes, channel = draw(st.sampled_from(_WAITS))
    who, flow = {"customer_id": draw(st.sampled_from(("ann", "bob")))}, draw(st.sampled_from(_FLOWS))
    begun, over = sorted((draw(_MOMENTS), draw(_MOMENTS)))
    measured = draw(st.sampled_from(({}, {}, {"wait_s": 200.5}, {"wait_s": 0.0})))
    ends = [(f"v{number}", opens, begun, {}), (f"z{number}", closes, over, measured)]
    kept = draw(st.sampled_from((ends, ends, ends, ends[:1], ends[1:])))
    tied = {"channel": channel, "correlation_id": flow}
    return [{"id": name, "source": "desk", **touchpoint(kind, at, who, **tied), **more} for name, kind, at, more in kept]


@st.composite
def _work(draw: DrawFn, number: int, names: list[str]) -> Event:
    kind = draw(st.sampled_from(("op.queued", "op.started", "op.completed", "op.failed")))
    ties = {"correlation_id": draw(st.sampled_from(_WORKS)), "causation_id": draw(st.sampled_from((None, *names)))}
    element = draw(st.sampled_from((None, {"element": "people"}, {"element": "technology"})))
    actor = {"team": draw(st.sampled_from(("platform", "warehouse"))), "lane": "back"}
    name = draw(st.sampled_from((f"a{number}", f"a{number}", "v0")))  # ids are the source's own: one may be that of a wait
    return {"id": name, "source": "it", **touchpoint(kind, draw(_MOMENTS), {}, channel="backoffice", actor=actor, attributes=element, **ties)}


@st.composite
def held_up(draw: DrawFn) -> list[Event]:
    """Up to four waits of two customers, some open or only measured, and up to ten events of work."""
    waits = [event for number in range(draw(st.integers(1, 4))) for event in draw(_wait(number))]
    names = [str(event["id"]) for event in waits] * 2 + [f"a{number}" for number in range(10)]
    works = [draw(_work(number, names)) for number in range(draw(st.integers(0, 10)))]
    return waits + works
