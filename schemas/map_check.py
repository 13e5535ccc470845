"""What must hold between the parts of a journey map, beyond the form of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from schemas import duration
from schemas.errors import SettingError
from schemas.map_file import STANDARD_SEVERITY, WEEK, Calendar, MapFile
from schemas.map_merge import replaced
from schemas.map_reading import closest, refusal
from schemas.public_holidays import check_country
from schemas.roles import ROLES

_V = TypeVar("_V")


def complete(value: _V | None) -> _V:
    """Return a value that `check` has found to be given. Raises SettingError where it was not asked."""
    if value is None:
        raise SettingError("the map is not complete")
    return value


def check(file: MapFile, name: str) -> None:
    """Check a whole map, after it was laid over its base.

    Raises:
        SettingError: something is missing, unknown, doubled or contradicts itself.
    """
    _check_given(file, name)
    _check_roles(file, name)
    _check_pairs(file, name)
    _check_tolerance(file, name)
    _check_calendars(file, name)
    _check_severity(file, name)


def _check_given(file: MapFile, name: str) -> None:
    journeys = file.journeys
    given = {
        "name": file.name,
        "version": file.version,
        "journeys.lateness": journeys.lateness,
        "journeys.max_ahead": journeys.max_ahead,
        "journeys.case_max_age": journeys.case_max_age,
        "journeys.max_events": journeys.max_events,
        "gaps.default": file.gaps.get("default"),
        "identifiers.default": file.identifiers.get("default"),
    }
    missing = [key for key, value in given.items() if value is None]
    if missing:
        raise SettingError(f'{name}: {", ".join(missing)}: missing, and there is no map to take it from; give it, or leave out extends = "nothing"')


def _check_roles(file: MapFile, name: str) -> None:
    for kind, entry in file.types.items():
        for place, role in enumerate(entry.roles):
            _check_role(role, name, f'types."{kind}".roles[{place}]')
    for pair in file.pairs:
        _check_role(pair.opens, name, f"pairs[{pair.name}].opens")
        for role in pair.closes:
            _check_role(role, name, f"pairs[{pair.name}].closes")


def _check_role(role: str, name: str, key: str) -> None:
    if role not in ROLES:
        raise refusal(name, key, role, ", ".join(ROLES) + closest(role, ROLES))


def _check_pairs(file: MapFile, name: str) -> None:
    _check_unique((pair.name for pair in file.pairs), name, "pairs", "each name once")
    things = sorted({entry.thing or kind.partition(".")[0] for kind, entry in file.types.items()})
    stages = sorted({rule.stage for rule in file.stages})
    for pair in file.pairs:
        key = f"pairs[{pair.name}]"
        if pair.thing not in things:
            raise refusal(name, f"{key}.thing", pair.thing, ", ".join(things) + closest(pair.thing, things))
        if pair.opens in pair.closes:
            raise refusal(name, f"{key}.closes", pair.opens, "roles other than the one that opens")
        if pair.stage is not None and pair.stage not in stages:
            raise refusal(name, f"{key}.stage", pair.stage, f"a stage of the map: {', '.join(stages)}{closest(pair.stage, stages)}")


def _check_tolerance(file: MapFile, name: str) -> None:
    for entry in file.tolerance:
        if entry.desired > entry.adequate:
            allowed = f"a duration not longer than adequate ({duration.written(entry.adequate)})"
            raise refusal(name, f"tolerance[{entry.stage}].desired", duration.written(entry.desired), allowed)
    same = ((entry.stage, entry.segment, entry.client_type, entry.context, entry.valid_from) for entry in file.tolerance)
    _check_unique(same, name, "tolerance", "one entry for the same stage, conditions and valid_from")
    for entry in file.tolerance:
        if entry.calendar is not None:
            _check_counts(file, entry.calendar, name, f"tolerance[{entry.stage}].calendar")


def _check_counts(file: MapFile, calendar: str, name: str, key: str) -> None:
    """Check that business time can be counted by a calendar: there is one, and it opens again and again."""
    versions = sorted(
        (one for one in file.calendars if one.name == calendar), key=lambda one: one.valid_from.timestamp() if one.valid_from else -1e12
    )
    if not versions:
        names = sorted({one.name for one in file.calendars})
        raise refusal(name, key, calendar, f"a calendar of the map: {', '.join(names) or 'it has none'}{closest(calendar, names)}")
    if not any(getattr(versions[-1].open, day) for day in WEEK):
        raise refusal(
            name, key, calendar, "a calendar whose last version is open on some day of the week: in this one business time would stand still for ever"
        )


def _check_calendars(file: MapFile, name: str) -> None:
    names = sorted({calendar.name for calendar in file.calendars})
    _check_unique(((calendar.name, calendar.valid_from) for calendar in file.calendars), name, "calendars", "each name once for a valid_from")
    for calendar in file.calendars:
        _check_calendar(calendar, name, f"calendars[{calendar.name}]")
    _check_unique((feed.name for feed in file.feeds), name, "feeds", "each name once")
    for feed in file.feeds:
        if feed.calendar is not None and feed.calendar not in names:
            raise refusal(name, f"feeds[{feed.name}].calendar", feed.calendar, f"a calendar of the map: {', '.join(names) or 'it has none'}")
        if not feed.at_least_every:
            raise refusal(name, f"feeds[{feed.name}].at_least_every", "0s", "a duration above zero")


def _check_calendar(calendar: Calendar, name: str, key: str) -> None:
    for day in WEEK:
        _check_hours(getattr(calendar.open, day), name, f"{key}.open.{day}")
    for text, hours in calendar.days.items():
        _check_day(text, name, f"{key}.days")
        _check_hours(hours, name, f"{key}.days.{text}")
    try:
        ZoneInfo(calendar.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        known = available_timezones()
        allowed = f"a time zone of the IANA database, as in 'Europe/Berlin'{closest(calendar.time_zone, known)}"
        raise refusal(name, f"{key}.time_zone", calendar.time_zone, allowed) from error
    if calendar.country is not None:
        check_country(calendar.country, calendar.subdivision, name, key)
    elif calendar.subdivision is not None:
        raise refusal(name, f"{key}.subdivision", calendar.subdivision, "a part of the calendar's country, which is not given")


def _check_day(text: str, name: str, key: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise refusal(name, key, text, "days, as in '2025-12-24'") from error


def _check_severity(file: MapFile, name: str) -> None:
    severity = replaced(file.severity, STANDARD_SEVERITY)
    steps = {key: complete(getattr(severity, key)) for key in ("warning", "high", "critical")}
    for (lower, least), (key, value) in pairwise(steps.items()):
        if value <= least:
            raise refusal(name, f"severity.{key}", duration.written(value), f"a duration longer than {lower} ({duration.written(least)})")


def _check_hours(hours: tuple[str, ...], name: str, key: str) -> None:
    last = ""
    for interval in hours:
        start, _, end = interval.partition("-")
        if not (last <= start < end):
            raise refusal(name, key, interval, "intervals that end after they begin, in order and without overlap")
        last = end


def _check_unique(values: Iterable[object], name: str, key: str, allowed: str) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise refusal(name, key, value, allowed)
        seen.add(value)
