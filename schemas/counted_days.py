"""What changes business time and doesn't stand in a map: the public holidays and the clock changes that libraries know. The digest covers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.map_file import Calendar, MapFile
from schemas.public_holidays import YEARS, public_holidays


def counted_days(file: MapFile) -> dict[str, list[str]]:
    """Return the public holidays and the clock changes of `YEARS`, of calendars by which a zone of tolerance counts.

    Two machines whose libraries agree in them give a map the same digest; where they don't, results would differ, and the digest does.
    """
    named = {entry.calendar for entry in file.tolerance}
    used = [calendar for calendar in file.calendars if calendar.name in named]
    return {key: days for calendar in used for key, days in _of(calendar)}


def _of(calendar: Calendar) -> Iterator[tuple[str, list[str]]]:
    if calendar.country is not None:
        days = public_holidays(calendar.country, calendar.subdivision)
        yield f"{calendar.country} {calendar.subdivision or ''}".strip(), [day.isoformat() for day in days]
    if calendar.time_zone != "UTC":
        yield calendar.time_zone, list(_changes(ZoneInfo(calendar.time_zone)))


def _changes(zone: ZoneInfo) -> Iterator[str]:
    """Yield the days by whose beginning the offset to UTC has changed, each with the new one."""
    day, last = datetime(YEARS[0], 1, 1, tzinfo=UTC), None
    while day.year in YEARS:
        offset = day.astimezone(zone).utcoffset()
        if offset != last:
            yield f"{day.date()} {offset}"
        day, last = day + timedelta(days=1), offset
