"""``sojourn map``: journey maps."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.commands.options import read_map
from jobs.show.words import counted
from pipelines.calendars import closed_days
from schemas.map_writing import write_map

_file = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group("map", short_help="Show or check a journey map.")
def command() -> None:
    """Look at journey maps, which say what each type of touchpoint means."""


@command.command("show")
@_file
def show(file: Path | None) -> None:
    """Print a whole map as TOML: FILE on top of what it starts from, or the map that ships."""
    click.echo(write_map(read_map(file)), nl=False)


@command.command("holidays")
@_file
@click.option("--year", type=click.IntRange(1970, 2099), required=True, help="The year.")
def holidays(file: Path | None, year: int) -> None:
    """List the days on which the calendars of FILE, or of the map that ships, are closed beyond their week: its own, and public holidays."""
    read = read_map(file)
    for name in sorted({calendar.name for calendar in read.calendars}):
        days = list(closed_days(read, name, year))
        click.echo(f"{name}: {counted(len(days), 'day')}")
        for day, called in days:
            click.echo(f"  {day:%Y-%m-%d %a}  {called}")


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Read FILE and say what is wrong with it, or what it holds."""
    read = read_map(file)
    stages = len({rule.stage for rule in read.file.stages})
    click.echo(
        f"{file}: well. {read.name} {read.version}: {counted(len(read.file.types), 'type')}, {counted(stages, 'stage')}, "
        f"{counted(len(read.tolerance), 'zone')} of tolerance; digest {read.digest[:8]}"
    )
