"""When a calendar has been open for so long: what a feed is allowed to be silent is counted in the hours in which it is expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.map_file import Calendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_DAYS = 400
"""A calendar that is not open within so many days expects nothing."""


def after_open(versions: Sequence[Calendar], start_us: int, span: timedelta) -> int | None:
    """Return when a calendar has been open for longer than ``span`` since an instant (µs); None where it is not within a year.

    Args:
        versions: Of one calendar, oldest first; a day belongs to the last that is valid at its beginning. None at all: always open. Public holidays
            of a country are not known here: such days count like others, so that a silence is rather told too early than not at all.
        start_us: From when on.
        span: How long.

    >>> from schemas.map_file import OpenHours
    >>> office = Calendar(name="office", open=OpenHours(mon=("09:00-17:00",), tue=("09:00-17:00",)))
    >>> monday_at_16 = (datetime(2025, 3, 3, 16, tzinfo=UTC) - _EPOCH) // _US
    >>> _EPOCH + after_open([office], monday_at_16, timedelta(hours=2)) * _US
    datetime.datetime(2025, 3, 4, 10, 0, tzinfo=datetime.timezone.utc)
    """
    start = _EPOCH + start_us * _US
    if not versions:
        return start_us + span // _US
    rest = span
    for begin, end in _open(versions, start):
        begin = max(begin, start)
        if begin + rest <= end:
            return (begin + rest - _EPOCH) // _US
        rest -= max(end - begin, timedelta())
    return None


def _open(versions: Sequence[Calendar], start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open intervals from a day before an instant on, in UTC."""
    first = start.date() - _DAY
    for day in (first + _DAY * n for n in range(_LONGEST_DAYS)):
        calendar = _valid(versions, day)
        if day in calendar.holidays:
            continue
        zone = ZoneInfo(calendar.time_zone)
        for hours in getattr(calendar.open, _DAYS[day.weekday()]):
            begin, _, end = hours.partition("-")
            yield _instant(day, begin, zone), _instant(day, end, zone)


def _valid(versions: Sequence[Calendar], day: date) -> Calendar:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    valid = [one for one in versions if one.valid_from is None or one.valid_from <= midnight]
    return valid[-1] if valid else versions[0]


def _instant(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall clock's time on a day; 24:00 is the next midnight."""
    hour, minute = int(clock[:2]), int(clock[3:])
    whole = datetime(day.year, day.month, day.day, tzinfo=zone) if hour < 24 else datetime.combine(day + _DAY, datetime.min.time(), zone)
    return whole.replace(hour=hour % 24, minute=minute).astimezone(UTC)
