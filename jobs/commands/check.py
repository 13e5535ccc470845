"""``sojourn check``: whether everything in a DIR agrees."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.check import check_all
from jobs.commands.options import folder_argument
from jobs.show.words import counted


@click.command("check", short_help="Check that everything in DIR agrees.")
@folder_argument
@click.pass_context
def command(ctx: click.Context, folder: Path) -> None:
    """Check that DIR is whole: counts balance, files are as they were written, and journal, journeys and mart agree.

    Prints a line for each thing that must hold. Ends with 1 where one does not; nothing is changed.
    """
    failed = done = 0
    for check in check_all(folder):
        done += 1
        failed += bool(check.findings)
        mark = click.style("well ", fg="green") if not check.findings else click.style("WRONG", fg="red", bold=True)
        click.echo(f"{mark}  {check.says}")
        for finding in check.findings:
            click.echo(f"         {finding}")
    click.echo(f"\n{counted(done, 'check')}, " + (f"{failed} found something" if failed else "all well"))
    if failed:
        ctx.exit(1)
