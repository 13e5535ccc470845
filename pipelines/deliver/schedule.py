"""When a message that was not accepted is sent again: after growing times, each drawn anew so that a thousand messages don't come at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import md5

SECOND_US = 1_000_000
LONGEST_US = 24 * 3600 * SECOND_US
"""Whatever a receiver asks for, it is tried again after a day (µs)."""
_MICROSECOND = timedelta(microseconds=1)


def retry_at(message: str, attempts: int, retries: Sequence[timedelta], now_us: int, asked_us: int | None = None) -> int | None:
    """Return when a message is tried again.

    The wait is drawn evenly between nothing and the whole of its step (full jitter, as in Brooker, "Exponential Backoff and Jitter", 2015), but a
    second at least. What is drawn follows from the message's id and the number of the try.

    Args:
        message: Its id.
        attempts: How often it was tried, 1 at least.
        retries: The steps; after the last there is no further try.
        now_us: Now (µs).
        asked_us: The least wait that the receiver asked for (µs).

    Returns:
        An instant (µs), None where it was the last try.
    """
    if attempts > len(retries):
        return None
    drawn = int(drawn_from(f"{message} {attempts}") * (retries[attempts - 1] // _MICROSECOND))
    return now_us + min(max(drawn, asked_us or 0, SECOND_US), LONGEST_US)


def drawn_from(text: str) -> float:
    """Return a number that follows from a text, evenly spread from 0 (included) to 1."""
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest()[:6]) / (1 << 48)


def asked_wait_us(header: str | None, now_us: int) -> int | None:
    """Return what a ``Retry-After`` asks for (µs, 0 at least); None where there is none, or it can't be read.

    Source: RFC 9110, 10.2.3: seconds, or a date.

    >>> asked_wait_us("120", 0), asked_wait_us("Thu, 01 Jan 1970 00:02:00 GMT", 0), asked_wait_us("soon", 0)
    (120000000, 120000000, None)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]) * SECOND_US, LONGEST_US)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, (zoned - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND - now_us)
