"""What becomes of a notice on a route: sent now, held until later, or left out. The same question is asked again when a hold ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipelines.deliver.matching import grave_enough, takes
from pipelines.deliver.notice import Notice
from pipelines.deliver.quiet import quiet_until
from pipelines.deliver.silence import Silence, silenced
from schemas.routes import SEVERITIES, Route, Severity

Status = Literal["waiting", "held", "dropped", "in_digest", "digested", "delivered", "dead"]
Reason = Literal[
    "", "quiet", "cooldown", "digest", "snoozed", "maintenance", "acknowledged", "with_opening", "repeated", "ended", "superseded", "graver"
]
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """The last that a route was given of an alert."""

    state: str
    severity: Severity
    status: Status
    next_us: int = 0  # of what is held: until when

    @property
    def open(self) -> bool:
        """Whether those behind the route believe, or will, that it goes on."""
        return self.state not in ("resolved", "retracted")


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of it, and from when on."""

    status: Status
    at_us: int
    reason: Reason = ""


def plan(route: Route, notice: Notice, heard: Heard | None, cooled_us: int | None, silences: Sequence[Silence], now_us: int) -> Plan | None:
    """Return what becomes of a notice on a route, None where the route has nothing to do with it.

    An alert that grows grave enough begins there with its update; what ends it goes wherever it began, however grave it is by then. One that was held
    and has grown graver than the hold allows goes at once (``graver``): what was held of it before need not be told.

    Args:
        route: The route.
        notice: What was said.
        heard: The last that the route was given of the same alert; None where nothing.
        cooled_us: Until when the route gathers openings of its group; None where it does not.
        silences: What people said to be silent about.
        now_us: Now.
    """
    begun = heard is not None and heard.open
    if not takes(route, notice) or not (begun or (not notice.closing and notice.state != "unknown" and grave_enough(route, notice.severity))):
        return None
    if heard is not None and (heard.state, heard.severity) == (notice.state, notice.severity) and notice.state == "opened":
        return Plan("dropped", now_us, "repeated")
    own = hushed(route, notice, silences, now_us) or _gathered(route, notice, cooled_us, now_us)
    if heard is not None and heard.status == "held":
        graver = not notice.closing and SEVERITIES.index(notice.severity) > SEVERITIES.index(heard.severity)
        return Plan("waiting", now_us, "graver") if graver and own is None else Plan("held", heard.next_us, "with_opening")
    return own or Plan("waiting", now_us)


def postponed(route: Route, notices: Sequence[Notice], silences: Sequence[Silence], now_us: int) -> Plan | None:
    """Return what holds back a message that was to be sent, and is now to be tried at an hour of silence; None where nothing does.

    A digest is only held back by quiet hours, as one.
    """
    if len(notices) == 1:
        return hushed(route, notices[0], silences, now_us)
    gravest = max((notice.severity for notice in notices), key=SEVERITIES.index)
    quiet = quiet_until(route.quiet, gravest, now_us)
    return None if quiet is None else Plan("waiting", quiet)


def hushed(route: Route, notice: Notice, silences: Sequence[Silence], now_us: int) -> Plan | None:
    """Return the silence that is on a notice now, None where it may be heard."""
    said = None if notice.closing else silenced(silences, notice, now_us)
    if said is not None:
        return Plan("dropped", now_us, "acknowledged") if said.kind == "ack" else Plan("held", said.until_us, said.reason)
    wakes = not (notice.closing and route.kind == "pagerduty")  # a page that ends wakes nobody
    quiet = quiet_until(route.quiet, notice.severity, now_us) if wakes else None
    if quiet is not None:
        return Plan("held", quiet, "quiet")
    return None


def _gathered(route: Route, notice: Notice, cooled_us: int | None, now_us: int) -> Plan | None:
    """Return until when a notice waits for others to go with, None where it goes alone."""
    if route.digest and notice.severity in route.digest.severities:
        every = route.digest.every // _MICROSECOND
        return Plan("held", (now_us // every + 1) * every, "digest")
    if notice.state == "opened" and cooled_us is not None and now_us < cooled_us:
        return Plan("held", cooled_us, "cooldown")
    return None
