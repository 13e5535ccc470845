"""``sojourn compact``: many small files of a DIR into few large ones."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.commands.options import folder_argument, grace_option
from jobs.show.swept import swept_line
from jobs.show.words import counted
from jobs.upkeep import keep


@click.command("compact", short_help="Merge the journal's small files, and remove what nothing needs.")
@folder_argument
@grace_option
@click.option("--least", metavar="N", type=click.IntRange(1), default=1, show_default=True, help="Leave a partition with fewer new commits as it is.")
@click.option("--quiet", is_flag=True, help="Say nothing where all is well.")
def command(folder: Path, grace_s: float, least: int, quiet: bool) -> None:
    """Merge the journal's small files into large sorted ones, and its records into one a partition; then do what sojourn gc does.

    Nothing else changes: every answer stays the same. It may run beside everything else, and be ended at any moment.
    sojourn run and sojourn mart do it themselves when it is due; by hand it helps after a long time without a mart.
    """
    done = keep(folder, least=least, grace_s=grace_s)
    if quiet:
        return
    if done is None:
        click.echo("another process is at it")
        return
    click.echo(f"{counted(done.compacted, 'partition')} compacted; {swept_line(done.swept)}")
