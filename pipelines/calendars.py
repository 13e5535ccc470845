"""Calendars of the journey map as open time: several intervals a day, days of their own, public holidays, time zones, and schedules that change.

A calendar is open at an instant where the wall clock of its zone shows a time within the hours of that local day, by the version in force at the
instant. So an hour that the clock leaves out is not open, and one that it shows twice is open twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from pipelines.open_time import NEVER, Instants, OpenTime
from schemas.journey_map import JourneyMap
from schemas.map_file import WEEK, Calendar
from schemas.public_holidays import public_holidays

__all__ = ["KNOWN_US", "NEVER", "OpenTime", "closed_days", "holidays_of", "in_force", "open_time", "policy_now", "policy_then"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE_US, _DAY_US = 60_000_000, 86_400_000_000
_DAYS = (date(2100, 1, 1) - date(1970, 1, 1)).days
KNOWN_US = (0, _DAYS * _DAY_US)
"""The instants for which calendars are known: the years 1970 to 2099."""


@lru_cache(maxsize=64)
def policy_then(journey_map: JourneyMap, name: str) -> OpenTime:
    """Return the open time of a calendar of the map, each instant judged by the version in force at it. Raises ValueError: there is none."""
    return open_time(_versions(journey_map, name))


@lru_cache(maxsize=64)
def policy_now(journey_map: JourneyMap, name: str, version: int) -> OpenTime:
    """Return the open time of a calendar as if one of its versions (0 the oldest, as `in_force` counts) had always held."""
    return open_time([_versions(journey_map, name)[version]])


def in_force(journey_map: JourneyMap, name: str, at_us: int) -> int:
    """Return which version of a calendar holds at an instant, 0 for the oldest, which also holds before it begins."""
    begun = [_since(version) for version in _versions(journey_map, name)]
    return max(sum(us <= at_us for us in begun) - 1, 0)


def open_time(versions: Sequence[Calendar]) -> OpenTime:
    """Return when a calendar is open.

    Args:
        versions: Its versions, oldest first, at least one. Each holds from its ``valid_from`` until the next one's; the oldest holds before, too.

    >>> from schemas.map_file import OpenHours
    >>> office = Calendar(name="office", open=OpenHours(mon=("09:00-12:00", "13:00-17:00")))
    >>> monday = int(datetime(2025, 3, 3, tzinfo=UTC).timestamp()) * 10**6
    >>> open_time([office]).between(monday, monday + 7 * _DAY_US) // (60 * _MINUTE_US)
    np.int64(7)
    """
    ends = [*(_since(version) for version in versions[1:]), KNOWN_US[1]]
    parts, since = [], KNOWN_US[0]
    for version, until in zip(versions, ends, strict=True):
        parts.append(_within(*_intervals(version), since, until))
        since = max(until, KNOWN_US[0])
    return OpenTime.of(np.concatenate([opens for opens, _ in parts]), np.concatenate([closes for _, closes in parts]))


def closed_days(journey_map: JourneyMap, name: str, year: int) -> Iterator[tuple[date, str]]:
    """Yield the days of a year on which a calendar is closed beyond its week, in order, and what they are called, by the version in force."""
    versions = _versions(journey_map, name)
    for place, version in enumerate(versions):
        until = versions[place + 1].valid_from if place + 1 < len(versions) else None
        for day, called in holidays_of(version).items():
            at = datetime.combine(day, datetime.min.time(), ZoneInfo(version.time_zone))
            if day.year == year and (not place or version.valid_from is None or version.valid_from <= at) and (until is None or at < until):
                yield day, called


def holidays_of(calendar: Calendar) -> dict[date, str]:
    """Return the days on which a version of a calendar is closed beyond its week, with what they are called; in order."""
    public = public_holidays(calendar.country, calendar.subdivision) if calendar.country else {}
    closed = {**public, **{day: public.get(day, "closed") for day in calendar.holidays}}
    special = {date.fromisoformat(day) for day in calendar.days}
    return {day: closed[day] for day in sorted(closed) if day not in special}


def _versions(journey_map: JourneyMap, name: str) -> list[Calendar]:
    found = [calendar for calendar in journey_map.calendars if calendar.name == name]
    if not found:
        raise ValueError(f"the map has no calendar {name!r}")
    return sorted(found, key=_since)


def _since(version: Calendar) -> int:
    return _LONG_AGO_US if version.valid_from is None else (version.valid_from - _EPOCH) // timedelta(microseconds=1)


_LONG_AGO_US = -(1 << 62)


def _intervals(version: Calendar) -> tuple[Instants, Instants]:
    """Return the open intervals of one version in UTC, as if it always held."""
    opens, closes = _local(version)
    if version.time_zone == "UTC":
        return opens, closes
    begun, offset = _offsets(version.time_zone)
    found = [
        _within(opens - shift, closes - shift, since, until) for since, until, shift in zip(begun, [*begun[1:], KNOWN_US[1]], offset, strict=True)
    ]
    return np.concatenate([part for part, _ in found]), np.concatenate([part for _, part in found])


def _local(version: Calendar) -> tuple[Instants, Instants]:
    """Return the open intervals as the wall clock shows them, in order: µs as if it were UTC. A day more on each side is for zones far away."""
    day = np.arange(-1, _DAYS + 1)
    week = (day + 3) % 7  # 1970-01-01 was a Thursday
    special = {(date.fromisoformat(text) - _EPOCH.date()).days: hours for text, hours in version.days.items()}
    closed = np.array([*((one - _EPOCH.date()).days for one in holidays_of(version)), *special], np.int64)
    regular = ~np.isin(day, closed)
    found = [(day[regular & (week == place)], *_minutes(hours)) for place, name in enumerate(WEEK) for hours in getattr(version.open, name)]
    found += [(np.array([one]), *_minutes(hours)) for one, own in special.items() for hours in own]
    days = np.concatenate([days for days, _, _ in found]) if found else np.empty(0, np.int64)
    opens = days * _DAY_US + np.repeat([first for _, first, _ in found], [len(days) for days, _, _ in found]).astype(np.int64) * _MINUTE_US
    closes = days * _DAY_US + np.repeat([last for _, _, last in found], [len(days) for days, _, _ in found]).astype(np.int64) * _MINUTE_US
    order = np.argsort(opens, kind="stable")
    return opens[order], closes[order]


def _minutes(hours: str) -> tuple[int, int]:
    """Return from and until, in minutes of the day."""
    first, _, last = hours.partition("-")
    return int(first[:2]) * 60 + int(first[3:]), int(last[:2]) * 60 + int(last[3:])


def _within(opens: Instants, closes: Instants, since: int, until: int) -> tuple[Instants, Instants]:
    """Return the parts of intervals in order that lie in [since, until)."""
    if until <= since:
        return opens[:0], closes[:0]
    some = slice(int(np.searchsorted(closes, since, side="right")), int(np.searchsorted(opens, until, side="left")))
    return np.maximum(opens[some], since), np.minimum(closes[some], until)


@cache
def _offsets(zone: str) -> tuple[list[int], list[int]]:
    """Return from when on (UTC) which offset to UTC holds in a time zone (µs)."""
    begun = list(_changes(ZoneInfo(zone)))
    return [at for at, _ in begun], [offset for _, offset in begun]


def _changes(zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    known, last = KNOWN_US[0], _offset(zone, KNOWN_US[0])
    yield known, last
    for after in range(KNOWN_US[0] + _DAY_US, KNOWN_US[1] + 1, _DAY_US):
        now = _offset(zone, after)
        if now != last:
            yield _first(zone, after - _DAY_US, after, now), now
            last = now


def _first(zone: ZoneInfo, before: int, at: int, offset: int) -> int:
    """Return the second at which an offset begins to hold that does not before, and does at."""
    while at - before > 1_000_000:
        middle = (before + at) // 2 // 1_000_000 * 1_000_000
        before, at = (before, middle) if _offset(zone, middle) == offset else (middle, at)
    return at


def _offset(zone: ZoneInfo, at_us: int) -> int:
    shift = (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).utcoffset()
    return 0 if shift is None else shift // timedelta(microseconds=1)
