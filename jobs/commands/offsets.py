"""``sojourn offsets``: where readers stand on Kafka, and moving a group."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from jobs.commands.options import json_option
from jobs.show.table import table
from jobs.show.values import write_json


@click.group("offsets", short_help="Show or move where readers stand on Kafka.")
def command() -> None:
    """Show or move where readers stand on Kafka.

    Workers go on where the journal of their DIR says, not where Kafka says: moving a group's offsets changes what a new DIR reads,
    never what an old one holds.
    """


@command.command("show", short_help="Show the group's, the journal's and the topics' offsets.")
@click.option("--dir", "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False), help="With the journal of this DIR.")
@json_option
def show(folder: Path | None, as_json: bool) -> None:
    """Show, for each partition, its first and next offset, where the group stands, and where the journal of DIR stands."""
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.offsets import standings

    found = standings(read_settings(os.environ), folder)
    if as_json:
        names = ("topic", "partition", "begin", "end", "committed", "journal")
        write_json(({name: getattr(one, name) for name in names} for one in found), sys.stdout)
        return
    rows = [(one.topic, one.partition, one.begin, one.committed, one.journal, one.end) for one in found]
    click.echo(table(["topic", "partition", "first", "group", "journal", "next"], rows))


@command.command("reset", short_help="Move the group's offsets; says what it would do unless --execute.")
@click.option("--to", "target", metavar="WHERE", required=True, help="earliest, latest, an offset, or an instant like 2026-03-31T12:00:00Z.")
@click.option("--execute", is_flag=True, help="Do it.")
def reset(target: str, execute: bool) -> None:
    """Move the group's offsets in Kafka. Its workers must be stopped. A DIR goes on where its own journal stands all the same."""
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.offsets import reset_offsets

    settings = read_settings(os.environ)
    goal = reset_offsets(settings, target, execute=execute)
    click.echo(table(["topic", "partition", "offset"], [(place.topic, place.partition, offset) for place, offset in sorted(goal.items())]))
    click.echo(f"group {settings.consuming.group} {'moved' if execute else 'would be moved so; --execute does it'}")
