"""What a file of routes may say: where alerts go, which of them, how often and at what hours. TOML, one table a route.

Secrets never stand in it: ``env:NAME`` names a variable of the environment, ``file:PATH`` a file that holds nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

import msgspec

State = Literal["opened", "updated", "resolved", "retracted", "unknown"]
Severity = Literal["info", "warning", "high", "critical"]
Kind = Literal["webhook", "pagerduty", "slack", "teams", "email", "apprise"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Cut = Literal["rule", "subject", "customer", "site", "stage", "team", "channel"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "high", "critical")
"""From the least to the greatest."""
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Reference = Annotated[str, msgspec.Meta(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$", description="env:NAME or file:PATH")]
Hour = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="an hour like 07:30")]
Rate = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{0,5}/(s|min|h)$", description="a number of messages in a time, like 10/s, 60/min or 500/h")]


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that all parts share."""


class Quiet(Block, frozen=True):
    """Hours at which nothing is sent: what is said meanwhile arrives at their end. Rules are judged all the same."""

    begins: Hour
    ends: Hour  # not after ``begins``: of the next day
    zone: str  # as in Europe/Berlin
    days: tuple[Day, ...] = DAYS  # on which they begin
    but: tuple[Severity, ...] = ("critical",)  # sent all the same


class Digest(Block, frozen=True):
    """Severities that are gathered and sent together."""

    every: timedelta
    severities: tuple[Severity, ...] = ("info", "warning")


class Route(Block, frozen=True):
    """One way to somebody. Globs (``promise_*``) choose what goes it; a list that is empty lets everything pass."""

    kind: Kind
    url: str | None = None  # a webhook's may stand here; the others' are secrets
    secrets: tuple[Reference, ...] = ()  # of a webhook: each signs, so that they can be changed one after the other
    key: Reference | None = None  # PagerDuty's integration key
    severity: Severity = "info"  # the least
    states: tuple[State, ...] = ("opened", "updated", "resolved", "retracted", "unknown")
    rules: tuple[str, ...] = ()
    subject_kinds: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    cooldown: timedelta | None = None  # after an alert, more of its group are gathered for so long
    cooldown_by: tuple[Cut, ...] = ("rule", "site")
    digest: Digest | None = None
    quiet: tuple[Quiet, ...] = ()
    rate: Rate = "10/s"
    in_flight: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    timeout: timedelta = timedelta(seconds=20)
    retries: tuple[timedelta, ...] = tuple(
        timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
    )
    allow: tuple[str, ...] = ()  # networks that are neither public nor encrypted of themselves, like 10.0.0.0/8
    ca_file: str | None = None  # certificates of a house's own authority


class Routes(Block, frozen=True):
    """A whole file."""

    routes: dict[str, Route]
