"""``sojourn journey``: what one customer went through."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jobs.commands.options import folder_argument, json_option
from jobs.mart.open import open_mart
from jobs.show.timeline import Timeline, near, read_timeline, timeline_page
from jobs.show.values import write_json


@click.command("journey", short_help="Print one customer's time line.")
@folder_argument
@click.argument("customer", metavar="CUSTOMER")
@json_option
@click.pass_context
def command(ctx: click.Context, folder: Path, customer: str, as_json: bool) -> None:
    """Print one customer's time line: what happened when and where, how long each wait was, and whether that was tolerable.

    CUSTOMER is an id, or kind:value where the id is not known (phone:+7…).
    """
    with open_mart(folder) as con:
        found: Timeline = read_timeline(con, customer)
        if not found.steps:
            others = near(con, customer)
            click.echo(f"sojourn: no customer {customer!r} in {folder}" + (f"; near it: {', '.join(others)}" if others else ""), err=True)
            ctx.exit(1)
    if as_json:
        write_json(iter(found.steps), sys.stdout)
    else:
        click.echo(timeline_page(found))
