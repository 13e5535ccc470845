"""Quiet hours: when a route that must not send now may send again. They follow the clock on the wall, through every change of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.routes import DAYS, Quiet, Severity

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 16
"""More stretches of quiet in a row than this are for ever: a week of days, and two times two of them that overlap."""


def quiet_until(hours: Sequence[Quiet], severity: Severity, at_us: int) -> int | None:
    """Return when the quiet that holds at an instant ends (µs), None where none holds for this severity.

    Stretches that follow one another without a gap count as one, at most 16 of them.
    """
    binding = [quiet for quiet in hours if severity not in quiet.but]
    ends = at_us
    for _ in range(_LONGEST):
        later = max((end for quiet in binding for begin, end in _stretches(quiet, ends) if begin <= ends < end), default=ends)
        if later == ends:
            break
        ends = later
    return None if ends == at_us else ends


def _stretches(quiet: Quiet, at_us: int) -> list[tuple[int, int]]:
    """Return the stretches (µs) that began the day before an instant or on its day."""
    zone = ZoneInfo(quiet.zone)
    begins, ends = time.fromisoformat(quiet.begins), time.fromisoformat(quiet.ends)
    today = (_EPOCH + at_us * _MICROSECOND).astimezone(zone).date()
    days = [day for day in (today - timedelta(days=1), today) if DAYS[day.weekday()] in quiet.days]
    return [(_instant(day, begins, zone), _instant(day if begins < ends else day + timedelta(days=1), ends, zone)) for day in days]


def _instant(day: date, at: time, zone: ZoneInfo) -> int:
    """Return the instant of a time on the wall: the first where there are two, and where there is none, as long after midnight as it says."""
    return (datetime.combine(day, at, zone).astimezone(UTC) - _EPOCH) // _MICROSECOND
