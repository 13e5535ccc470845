"""Which notices a route takes."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from pipelines.deliver.notice import Notice
from schemas.routes import SEVERITIES, Cut, Route, Severity


def takes(route: Route, notice: Notice) -> bool:
    """Return whether a route is for such alerts, however grave they are."""
    return (
        notice.state in route.states
        and _among(notice.rule, route.rules)
        and _among(notice.subject_kind, route.subject_kinds)
        and _among(notice.site, route.sites)
        and _among(notice.stage, route.stages)
        and _among(notice.channel, route.channels)
        and _among(notice.team, route.teams)
    )


def grave_enough(route: Route, severity: Severity) -> bool:
    """Return whether a severity is one that a route asks for."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(route.severity)


def group_of(cuts: Sequence[Cut], notice: Notice) -> str:
    """Return the name of the group within which a route cools down."""
    values = {
        "rule": notice.rule,
        "subject": f"{notice.subject_kind}:{notice.subject_id}",
        "customer": notice.customer_id,
        "site": notice.site,
        "stage": notice.stage,
        "team": notice.team,
        "channel": notice.channel,
    }
    return "\x1f".join(values[cut] or "" for cut in cuts)


def _among(value: str | None, globs: Sequence[str]) -> bool:
    """Return whether one of the globs fits; where there is none, everything does. What has no value fits only ``*``."""
    return not globs or any(fnmatchcase(value or "", glob) for glob in globs)
