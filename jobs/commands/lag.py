"""``sojourn lag``: what waits on Kafka."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from jobs.commands.options import json_option
from jobs.show.table import table
from jobs.show.values import write_json
from jobs.show.words import counted, span


@click.command("lag", short_help="Say how many records wait on Kafka, and how long.")
@click.option(
    "--dir", "folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Go by the journal of DIR, which leads."
)
@json_option
def command(folder: Path | None, as_json: bool) -> None:
    """Say how many records of the touchpoint topics wait for the workers' group, and how old the oldest is.

    With --dir what the journal holds counts as done, even before Kafka was told.
    """
    from jobs.kafka.settings import read_settings
    from jobs.kafka.tools.offsets import standings

    settings = read_settings(os.environ)
    found = standings(settings, folder, ages=True)
    group = settings.consuming.group
    if as_json:
        write_json(
            (
                {"group": group, "topic": one.topic, "partition": one.partition, "lag": one.lag, "lag_s": one.waiting_s, "gap": one.gap}
                for one in found
            ),
            sys.stdout,
        )
        return
    rows = [(one.topic, one.partition, one.done, one.end, one.lag, span(one.waiting_s), one.gap or None) for one in found]
    click.echo(table(["topic", "partition", "done", "end", "lag", "oldest waits", "deleted unread"], rows))
    waits = max((one.waiting_s for one in found if one.waiting_s is not None), default=None)
    total = sum(one.lag for one in found)
    click.echo(f"{counted(total, 'record')} wait for group {group}" + (f", the oldest for {span(waits)}" if waits is not None else ""))
