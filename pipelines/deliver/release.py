"""What becomes of held notices when their hold ends: still held, left out, sent alone, or sent together as one digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.deliver.notice import Notice
from pipelines.deliver.plan import Plan, Reason, hushed
from pipelines.deliver.silence import Silence
from schemas.routes import Route

LARGEST = 500
"""Of so many notices at most a digest is made; more become several."""
_UNSAID: frozenset[Reason] = frozenset(("snoozed", "maintenance"))
"""Reasons for which an alert that began and ended meanwhile is not told at all."""


@dataclass(frozen=True, slots=True)
class Held:
    """A notice whose hold ends.

    Attributes:
        reason: Why it was held.
        begun: The route was told before that the alert goes on.
    """

    notice: Notice
    reason: Reason
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What becomes of held notices: each of them stands in one of these, those of an alert in the order in which they were said."""

    plans: list[tuple[Notice, Plan]] = field(default_factory=list)
    digests: list[list[Notice]] = field(default_factory=list)


def release(route: Route, held: Sequence[Held], silences: Sequence[Silence], now_us: int) -> Release:
    """Decide about all notices of a route whose hold has ended.

    Args:
        route: The route.
        held: In the order in which they were said.
        silences: What people want silence about.
        now_us: Now.
    """
    alerts: dict[int, list[Held]] = {}
    for one in held:
        alerts.setdefault(one.notice.key, []).append(one)
    found, free = Release(), list[Notice]()
    for alert in alerts.values():
        still = _still(route, alert, silences, now_us)
        if still is None:
            free.extend(_freed(route, alert, found, now_us))
        else:
            over = [one.notice for one in alert if still.status == "dropped" and one.begun and one.notice.closing]
            free.extend(over)  # who was told of it hears that it is over
            found.plans.extend((one.notice, still) for one in alert if one.notice not in over)
    _send(route, sorted(free, key=lambda notice: notice.seq), found, now_us)
    return found


def _still(route: Route, alert: Sequence[Held], silences: Sequence[Silence], now_us: int) -> Plan | None:
    """Return the silence that has come over an alert meanwhile; the longest one."""
    plans = [plan for one in alert if one.reason != "with_opening" if (plan := hushed(route, one.notice, silences, now_us))]
    return max(plans, key=lambda plan: plan.at_us, default=None)


def _freed(route: Route, alert: Sequence[Held], found: Release, now_us: int) -> list[Notice]:
    """Return what is told of an alert that is held no longer; what is not told of it is noted."""
    notices = [one.notice for one in alert]
    unheard = not alert[0].begun and notices[-1].closing
    if unheard and (route.kind == "pagerduty" or any(one.reason in _UNSAID for one in alert)):
        found.plans.extend((notice, Plan("dropped", now_us, "ended")) for notice in notices)
        return []
    if route.kind == "pagerduty":  # who is paged wants to know how it stands, not how it came to that
        found.plans.extend((notice, Plan("dropped", now_us, "superseded")) for notice in notices[:-1])
        return notices[-1:]
    return notices


def _send(route: Route, free: Sequence[Notice], found: Release, now_us: int) -> None:
    """Send what is free: one alone as it is, more as digests; to a pager always one by one, since each is a page of its own."""
    if len(free) == 1 or route.kind == "pagerduty":
        found.plans.extend((notice, Plan("waiting", now_us)) for notice in free)
    else:
        found.digests.extend([list(free[start : start + LARGEST]) for start in range(0, len(free), LARGEST)])
