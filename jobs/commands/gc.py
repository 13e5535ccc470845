"""``sojourn gc``: what nothing needs any more out of a DIR."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.commands.options import age_us, folder_argument, grace_option
from jobs.show.swept import swept_line
from jobs.show.words import counted
from jobs.upkeep import expire_all, sweep


@click.command("gc", short_help="Remove what nothing in DIR needs.")
@folder_argument
@grace_option
@click.option(
    "--dead-letters", metavar="AGE", callback=age_us, help="Also let go of dead letters that are older than this (90d). They are lost for good."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def command(folder: Path, grace_s: float, dead_letters: int | None, dry_run: bool) -> None:
    """Remove records and files that compaction has replaced, and files of interrupted writing.

    What a snapshot that is still there names, what the mart has not folded yet, and what somebody is reading stays.
    It may run beside everything else.
    """
    if dead_letters is not None and not dry_run:
        click.echo(f"{counted(expire_all(folder, dead_letters), 'dead letter')} let go")
    swept = sweep(folder, grace_s=grace_s, dry=dry_run)
    click.echo("another process is at it" if swept is None else swept_line(swept, dry=dry_run))
