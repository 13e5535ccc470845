"""Reads a file of routes and holds it to what no type can say. What is wrong is named with the file, the key, the value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from schemas import duration
from schemas.errors import SettingError
from schemas.map_reading import read_as, refusal
from schemas.routes import Route, Routes

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LONGEST_WAIT = timedelta(days=1)
_REFERENCE = ("env:", "file:")


def parse_routes(text: str, file: str) -> dict[str, Route]:
    """Return the routes of a file by their names, in its order.

    Args:
        text: TOML, with a table ``[routes.NAME]`` each.
        file: Its name, for messages.

    Raises:
        SettingError: a key or value is wrong.
    """
    routes = read_as(text, Routes, file).routes
    if not routes:
        raise SettingError(f"{file}: there is no route in it; write a table like [routes.hook]")
    for name, route in routes.items():
        if not NAME.fullmatch(name):
            raise refusal(file, f"routes.{name}", name, "up to 64 letters, digits, - and _")
        _check(route, file, f"routes.{name}")
    return routes


def _check(route: Route, file: str, key: str) -> None:
    _check_target(route, file, key)
    _check_times(route, file, key)
    for place, network in enumerate(route.allow):
        try:
            ip_network(network)
        except ValueError as error:
            raise refusal(file, f"{key}.allow[{place}]", network, f"a network like 10.0.0.0/8 or an address ({error})") from None


def _check_target(route: Route, file: str, key: str) -> None:
    """Hold a route to what its kind needs."""
    wanted = _WANTED[route.kind]
    given = {"url": route.url, "secrets": route.secrets or None, "key": route.key}
    for name, value in given.items():
        if wanted.get(name) == "must" and value is None:
            raise SettingError(f"{file}: {key}.{name}: is missing; a route of kind {route.kind!r} needs it: {_MEANT[name]}")
        if name not in wanted and value is not None:
            raise SettingError(f"{file}: {key}.{name}: a route of kind {route.kind!r} has none; allowed: {', '.join(wanted)}")
    if route.url is None or route.url.startswith(_REFERENCE):
        return
    if route.kind not in ("webhook", "pagerduty"):  # whoever knows such an address may write there
        raise SettingError(f"{file}: {key}.url: of kind {route.kind!r} it is a secret; allowed: env:NAME or file:PATH")
    if problem := wrong_url(route.url):
        raise refusal(file, f"{key}.url", route.url if "@" not in route.url else "…", problem)


def wrong_url(url: str) -> str | None:
    """Return what is allowed where an address of a hook is none, else None.

    >>> wrong_url("https://example.org/hook"), wrong_url("ftp://example.org")
    (None, 'https://HOST[:PORT]/PATH, or http:// to an address that allow names; no name and password in it')
    """
    allowed = "https://HOST[:PORT]/PATH, or http:// to an address that allow names; no name and password in it"
    try:
        parts = urlsplit(url)
        well = parts.scheme in ("https", "http") and parts.hostname and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        return allowed
    return None if well and url.isascii() and url.isprintable() and " " not in url else allowed


def _check_times(route: Route, file: str, key: str) -> None:
    zero, day = timedelta(), LONGEST_WAIT
    spans: Mapping[str, timedelta | None] = {
        "timeout": route.timeout,
        "cooldown": route.cooldown,
        "digest.every": route.digest.every if route.digest else None,
        **{f"retries[{place}]": wait for place, wait in enumerate(route.retries)},
    }
    for name, span in spans.items():
        longest = timedelta(minutes=5) if name == "timeout" else day
        if span is not None and not zero < span <= longest:
            raise refusal(file, f"{key}.{name}", duration.written(span), f"more than 0s, at most {duration.written(longest)}")
    for place, quiet in enumerate(route.quiet):
        try:
            ZoneInfo(quiet.zone)
        except (KeyError, OSError, ValueError):  # not there, a folder, no name at all
            raise refusal(file, f"{key}.quiet[{place}].zone", quiet.zone, "a time zone like Europe/Berlin or UTC") from None


_WANTED: Mapping[str, Mapping[str, str]] = {
    "webhook": {"url": "must", "secrets": "must"},
    "pagerduty": {"key": "must", "url": "may"},
    **{kind: {"url": "must"} for kind in ("slack", "teams", "email", "apprise")},
}
_MEANT = {
    "url": "where it goes",
    "secrets": 'its signing secrets, like ["env:HOOK_SECRET"]',
    "key": "the integration key of the service, like env:PAGERDUTY_KEY",
}
