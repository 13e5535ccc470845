"""``sojourn convert``: foreign rows as touchpoints."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jobs.commands.options import mapping_option, sources_argument
from jobs.show.words import counted
from jobs.sources.choose import is_table
from jobs.sources.convert import convert
from jobs.sources.mapping import load_mapping
from schemas.errors import SettingError, SourceError


@click.command("convert", short_help="Write tables and event logs as touchpoints.")
@sources_argument
@mapping_option
def command(sources: tuple[str, ...], mapping: str | None) -> None:
    """Write tables and event logs as touchpoints, JSON lines on standard output.

    So a mapping can be looked at before anything is kept: sojourn convert log.csv --mapping mine.sql | head
    """
    rules = load_mapping(mapping) if mapping else None
    paths = [Path(source) for source in sources]
    for path in paths:
        if not path.is_file():
            raise SourceError(f"there is no file {str(path)!r}")
        if not is_table(path, rules):
            raise SettingError(f"{path.name!r} is no table: convert reads .csv, .tsv, .psv, .parquet and .xes, or any file with --mapping")
    count = convert(paths, rules, sys.stdout.buffer)
    click.echo(counted(count, "touchpoint"), err=True)
