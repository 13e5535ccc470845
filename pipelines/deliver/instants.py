"""Instants and spans in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000))


def rfc3339(instant_us: int) -> str:
    """Write an instant (µs since 1970) for machines.

    >>> rfc3339(1_000_000)
    '1970-01-01T00:00:01Z'
    """
    return (_EPOCH + instant_us * _MICROSECOND).isoformat().replace("+00:00", "Z")


def day_and_minute(instant_us: int) -> str:
    """Write an instant (µs since 1970) for people.

    >>> day_and_minute(1_000_000)
    '1970-01-01 00:00 UTC'
    """
    return f"{_EPOCH + instant_us * _MICROSECOND:%Y-%m-%d %H:%M} UTC"


def measured(value: int, unit: str | None) -> str:
    """Write a value with its unit, a duration by its two greatest parts.

    >>> measured(5_410_000, "ms"), measured(3, "count"), measured(1250, "minor")
    ('1 h 30 min', '3', '12.50')
    """
    if unit == "minor":
        return f"{value / 100:.2f}"
    if unit != "ms":
        return f"{value:,}"
    parts, rest = list[str](), abs(value)
    for name, length in _UNITS:
        number, rest = divmod(rest, length)
        if number and len(parts) < 2:
            parts.append(f"{number} {name}")
    return ("-" if value < 0 else "") + (" ".join(parts) or f"{rest} ms")
