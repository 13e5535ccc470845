"""``sojourn status``: what a DIR holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jobs.commands.options import folder_argument, json_option
from jobs.contents import Contents, holder
from jobs.show.status import status_page
from jobs.show.values import write_json
from jobs.show.words import instant


@click.command("status", short_help="Say what DIR holds.")
@folder_argument
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Say what DIR holds: the balance of all events, its sources, who writes to it, and how old its snapshot is."""
    found = Contents.of(folder)
    if not as_json:
        click.echo(status_page(found))
        return
    row: dict[str, object] = {
        "dir": str(folder),
        "held_by": holder(folder),
        "commits": found.made,
        "as_of": instant(found.as_of_us) or None,
        "counters": dict(found.counters),
        "sources": [{"name": source.name, "lo": source.lo, "hi": source.hi, "known_as": name} for name, source in found.sources.items()],
    }
    write_json(iter([row]), sys.stdout)
