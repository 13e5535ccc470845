"""Numbers, durations, instants and zones in the words of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNITS = ((86_400.0, "d", 3_600.0, "h"), (3_600.0, "h", 60.0, "min"), (60.0, "min", 1.0, "s"))


def number(value: float) -> str:
    """Write a whole number with commas.

    >>> number(1234567.4)
    '1,234,567'
    """
    return f"{round(value):,}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun.

    >>> counted(1, "copy", "copies"), counted(2000, "event")
    ('1 copy', '2,000 events')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def span(seconds: float | None) -> str:
    """Write a duration by its two largest units; nothing for none.

    >>> span(0.4), span(42), span(250), span(7_500), span(200_000)
    ('0.4 s', '42 s', '4 min 10 s', '2 h 5 min', '2 d 7 h')
    """
    if seconds is None:
        return ""
    seconds = round(seconds) if abs(seconds) >= 10 else round(seconds, 1)
    for size, unit, smaller, part in _UNITS:
        if seconds >= size:
            whole = int(seconds // size)
            rest = int((seconds - whole * size) // smaller)
            return f"{whole:,} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{seconds:g} s"


def hours(seconds: float | None) -> str:
    """Write a total in hours; nothing for none.

    >>> hours(9_000), hours(36_000_000)
    ('2.5 h', '10,000 h')
    """
    if seconds is None:
        return ""
    return f"{seconds / 3600:,.1f} h" if seconds < 360_000 else f"{seconds / 3600:,.0f} h"


def share(value: float | None) -> str:
    """Write a share, 0 to 1, as percent.

    >>> share(0.123), share(0.9996)
    ('12 %', '>99 %')
    """
    if value is None:
        return ""
    return ">99 %" if 0.995 < value < 1 else "<1 %" if 0 < value < 0.005 else f"{value:.0%}".replace("%", " %")


def money(minor: int | None, currency: str | None) -> str:
    """Write an amount of minor units (two decimals; design §4).

    >>> money(123456, "EUR")
    '1,234.56 EUR'
    """
    return "" if minor is None else f"{minor / 100:,.2f} {currency or ''}".rstrip()


def instant(us: int | None) -> str:
    """Write microseconds since 1970 as an instant in UTC, to the second.

    >>> instant(0)
    '1970-01-01 00:00:00Z'
    """
    return "" if us is None else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).strftime("%Y-%m-%d %H:%M:%SZ")


def day(us: int | None) -> str:
    """Write the UTC day of an instant.

    >>> day(0)
    '1 Jan 1970'
    """
    if us is None:
        return ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
    return f"{moment.day} {moment:%b %Y}"


def zone(position: float | None) -> str:
    """Say where in the zone of tolerance a wait lies: below 0 worse than adequate, above 1 better than desired (design §6).

    >>> zone(-0.2), zone(0.4), zone(1.3), zone(None)
    ('too long', 'tolerable', 'quick', '')
    """
    if position is None:
        return ""
    return "too long" if position < 0 else "tolerable" if position <= 1 else "quick"
