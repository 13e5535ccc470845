"""``sojourn simulate``: the log of a service company whose truth is known."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.commands.options import new_folder
from jobs.show.progress import Progress
from jobs.show.words import counted, number
from jobs.simulate import simulate
from schemas.errors import SettingError


@click.command("simulate", short_help="Simulate a service company whose truth is known.")
@click.option("--events", metavar="N", default=200_000, show_default=True, type=click.IntRange(1000), help="Lines to write, copies included.")
@click.option("--seed", metavar="S", default=1, show_default=True, type=click.IntRange(0), help="The same seed gives the same bytes.")
@click.option("--to", metavar="DIR", type=new_folder, help="Required. Gets events.jsonl and truth/*.json.")
@click.option("--clean", is_flag=True, help="Plant nothing: no incident, no bad journey.")
def command(events: int, seed: int, to: Path | None, clean: bool) -> None:
    """Simulate a service company: its events, and the truth about them.

    Calls, chats, cases, orders, visits, surveys, complaints, promises, work behind the counter; late, doubled and conflicting lines;
    what was planted (who left and why, which incident when and where) is written beside.

    DIR is a new or an empty folder; an earlier simulation in it is replaced.
    """
    if to is None:
        raise click.UsageError("Missing option '--to': say where to put it, like this: sojourn simulate --to company")
    _refuse_other_things(to)
    with Progress() as progress:
        made = simulate(events, seed, to, lambda count: progress.events("simulating", count), clean=clean)
    among = f"{number(made.copies)} copies and {number(made.late)} late ones among them"
    click.echo(f"{made.events_path}: {counted(made.events, 'event')} over {made.days:.0f} days, {among}")
    click.echo(f"{made.truth_path}: {counted(made.situations, 'planted situation')}, {counted(made.incidents, 'incident')}")


def _refuse_other_things(folder: Path) -> None:
    """Write over nothing but an earlier simulation, which is known by its truth."""
    held = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    truth = {entry.name for entry in (folder / "truth").iterdir()} if (folder / "truth").is_dir() else set()
    strange = sorted({*(held - {"events.jsonl", "truth"}), *(name for name in truth if not name.endswith(".json"))})
    if not strange and "events.jsonl" in held and "truth" not in held:
        strange = ["events.jsonl"]
    if strange:
        raise SettingError(f"{folder} is not empty, and holds no simulation (it has {strange[0]!r}): give --to a new folder")
