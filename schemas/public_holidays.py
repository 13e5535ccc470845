"""Public holidays of countries and their parts, from the library ``holidays`` (MIT, offline). Loaded only where a map names a country."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from schemas.map_reading import closest, refusal

YEARS = range(1990, 2050)
"""The years whose public holidays are taken. The digest of a map covers them: a library that says the same of these years changes nothing."""


@cache
def public_holidays(country: str, subdivision: str | None) -> Mapping[date, str]:
    """Return the public holidays of `YEARS` with their names, in order; days off in lieu of those on a weekend are among them.

    Args:
        country: ISO 3166, as in ``DE``.
        subdivision: A part of it in the library's code, which is mostly that of ISO 3166-2, as in ``BY``.

    Raises:
        KeyError: the library knows no such country or subdivision.

    >>> public_holidays("DE", "BY")[date(2025, 6, 19)]
    'Corpus Christi'
    """
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language="en_US" if _speaks_english(country) else None)
    except NotImplementedError as error:
        raise KeyError(subdivision or country) from error
    return {day: found[day] for day in sorted(found) if day.year in YEARS}


def check_country(country: str, subdivision: str | None, file: str, key: str) -> None:
    """Check that public holidays are known.

    Args:
        country: Of a calendar.
        subdivision: Of the same.
        file: The map's name, for the message.
        key: The calendar's place in it.

    Raises:
        SettingError: they aren't; the message says what is allowed.
    """
    import holidays

    parts = holidays.list_supported_countries()
    if country not in parts:
        raise refusal(
            file, f"{key}.country", country, "a country whose public holidays are known: " + ", ".join(c for c in sorted(parts) if len(c) == 2)
        )
    if subdivision is not None and subdivision not in parts[country]:
        allowed = ", ".join(parts[country]) or f"none; {country} has none with holidays of its own"
        raise refusal(file, f"{key}.subdivision", subdivision, allowed + closest(subdivision, parts[country]))


def _speaks_english(country: str) -> bool:
    import holidays

    return "en_US" in holidays.list_localized_countries().get(country, ())
