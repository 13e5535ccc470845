"""Instants and durations as a dossier writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from schemas.duration import written

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def rfc3339(us: int) -> str:
    """Write microseconds since 1970 as an instant in UTC; the fraction only where there is one.

    >>> rfc3339(0), rfc3339(1_500_000)
    ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500000Z')
    """
    return (_EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def lasting(ms: int) -> str:
    """Write a duration for people: to the minute from an hour on, else to the second.

    >>> lasting(1_672_400), lasting(90_000_000), lasting(250)
    ('27min52s', '1d1h', '250ms')
    """
    if abs(ms) < 1000:
        return f"{ms}ms"
    grain = _SECOND if abs(ms) < 3_600_000 else 60 * _SECOND
    whole = timedelta(milliseconds=abs(ms)) // grain * grain
    return ("-" if ms < 0 else "") + written(whole)
