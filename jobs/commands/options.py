"""Arguments and options that several commands share, and what they turn into."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from schemas import duration
from schemas.errors import SettingError
from schemas.journey_map import JourneyMap, default_map, parse_map

folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
sources_argument = click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
mapping_option = click.option(
    "--mapping", metavar="FILE|NAME", help="How a table's columns become touchpoints: a .sql file, or the name of a mapping that ships."
)
map_option = click.option(
    "--map",
    "map_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar="SOJOURN_RUN_MAP",
    help="The journey map (TOML); without it the one that ships.",
)
new_folder = click.Path(path_type=Path, file_okay=False)
rules_option = click.option(
    "--rules", "rules_path", metavar="DIR", type=click.Path(path_type=Path), envvar="SOJOURN_RUN_RULES", help="A folder of rules of your own."
)
routes_option = click.option(
    "--routes", "routes_path", metavar="FILE", type=click.Path(path_type=Path), help="Where alerts go (TOML); infra/alerts.md has examples."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON array of objects.")


def _grace_s(ctx: click.Context, parameter: click.Parameter, value: str) -> float:
    return _duration("--grace", value).total_seconds()


def age_us(ctx: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Return the length of an age (µs), None where none is given."""
    return None if value is None else _duration(parameter.opts[0], value) // _MICROSECOND


def _duration(name: str, text: str) -> timedelta:
    try:
        return duration.parse(text)
    except ValueError as error:
        raise SettingError(f"{name} {text!r}: give {error}") from None


grace_option = click.option(
    "--grace",
    "grace_s",
    metavar="AGE",
    default="10min",
    show_default=True,
    callback=_grace_s,
    help="What was replaced stays so long, for those who read it.",
)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_map(path: Path | None) -> JourneyMap:
    """Return the journey map of a file on top of the default one, or the default one.

    Raises:
        SettingError: the file can't be read, or a key or value in it is wrong.
    """
    if path is None:
        return default_map()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise SettingError(f"can't read the journey map {str(path)!r}: {error}") from error
    return parse_map(text, name=path.name, base=default_map())


def end_of_day_us(day: str) -> int:
    """Return the last microsecond of a UTC day, since 1970.

    Raises:
        SettingError: it is no day.

    >>> end_of_day_us("1970-01-01")
    86399999999
    """
    try:
        begins = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        raise SettingError(f"--until {day!r}: give a day like 2025-03-31; events after its end (UTC) are skipped") from None
    return (begins - _EPOCH) // _MICROSECOND + 86_400_000_000 - 1
