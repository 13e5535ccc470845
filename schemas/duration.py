"""Durations as people write them in a journey map: ``30min``, ``72h``, ``1h30min``. Whole numbers only, so that they are exact."""

from __future__ import annotations

import re
from datetime import timedelta

FORM = "whole numbers, each with ms, s, min, h, d or w, the largest unit first, as in '30min' or '1h30min'; at most 36525d"
"""What a duration looks like, for messages."""

PATTERN = r"^(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+min)?([0-9]+s)?([0-9]+ms)?$"
"""The same as a regular expression, also for the JSON Schema."""

LONGEST = timedelta(days=36525)
"""A century; anything longer is a slip of the pen."""

MICROSECOND = timedelta(microseconds=1)
MILLISECOND = timedelta(milliseconds=1)

_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "min": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": MILLISECOND,
}


def parse(text: str) -> timedelta:
    """Read a duration, 0 to a century.

    Raises:
        ValueError: it isn't one; the message is `FORM`.

    >>> parse("1h30min")
    datetime.timedelta(seconds=5400)
    """
    if not re.match(PATTERN, text, re.ASCII) or len(text) > 60 or text.endswith("\n"):
        raise ValueError(FORM)
    try:
        total = sum((int(number) * _UNITS[unit] for number, unit in re.findall(r"([0-9]+)([a-z]+)", text)), timedelta())
    except OverflowError:
        raise ValueError(FORM) from None
    if total > LONGEST:
        raise ValueError(FORM)
    return total


def written(duration: timedelta) -> str:
    """Write a duration of whole milliseconds so that `parse` reads it back.

    >>> written(timedelta(days=3)), written(timedelta(minutes=90)), written(timedelta())
    ('3d', '1h30min', '0s')
    """
    rest, parts = duration, []
    for unit, length in _UNITS.items():
        if unit == "w":  # days are easier to read than weeks and days
            continue
        number, rest = divmod(rest, length)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
