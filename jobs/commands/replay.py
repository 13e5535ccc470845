"""``sojourn replay``: the same events once more, from a journal or from Kafka."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.commands.options import map_option, new_folder, read_map
from jobs.commands.stopping import stoppable
from jobs.refold import refold
from jobs.run import RunSettings, mart_errors, run
from jobs.show.progress import Progress
from jobs.show.summary import run_page
from jobs.sources.journal import JournalFacts
from schemas.errors import SettingError

if TYPE_CHECKING:
    from jobs.kafka.worker import Worker

STOPPED = 130


@click.command("replay", short_help="Read the same events once more, into a fresh mart or a fresh DIR.")
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--to", metavar="DIR2", type=new_folder, help="A new DIR; without it the mart of DIR is made anew in place.")
@click.option("--from", "start", metavar="WHERE", help="From Kafka's topics: earliest, an offset, or an instant like 2026-03-31T12:00:00Z.")
@map_option
@click.option("--horizon", metavar="DAYS", type=click.IntRange(1, 3650), help="How far ahead churn is judged; without it the data decide.")
@click.pass_context
def command(ctx: click.Context, folder: Path | None, to: Path | None, start: str | None, map_path: Path | None, horizon: int | None) -> None:
    """Read the same events once more. What is read stays as it is, and whoever is at work is not disturbed.

    \b
    sojourn replay DIR                           the mart of DIR anew, from its journal
    sojourn replay DIR --to DIR2 --map OTHER     the events of DIR into a new DIR, with another map
    sojourn replay --from WHERE --to DIR2        what the topics hold from there on up to now, into a new DIR of workers

    Workers that are started on a DIR2 from Kafka go on where the replay ended. One that was interrupted goes on when it is called again.
    """  # noqa: D301 - the escape is click's: lines stay lines
    if bool(folder) == bool(start) or (start and not to):
        raise click.UsageError("give either DIR, or --from WHERE and --to DIR2")
    journey_map = read_map(map_path)
    if folder and to:
        if folder.resolve() == to.resolve():
            raise SettingError(f"{folder} can't be read into itself; without --to its mart is made anew")
        with stoppable() as (stopper, came), Progress() as progress:
            settings = RunSettings(to=to, journey_map=journey_map, horizon_days=horizon)
            summary = run([JournalFacts(folder)], settings, stopper=stopper, report=progress.events)
        click.echo(run_page(summary, to))
        if came:
            ctx.exit(STOPPED)
        return
    with Progress() as progress, mart_errors():
        if folder:
            snapshot = refold(folder, journey_map, horizon, progress.events)
        else:
            from jobs.kafka.replay import Replay, replay
            from jobs.kafka.settings import read_settings
            from jobs.leave import leave

            def tell(worker: Worker) -> None:
                progress.events("replaying", worker.counters.get("read", 0))

            logging.basicConfig(level=logging.WARNING)
            for name in ("faust", "aiokafka", "mode"):
                logging.getLogger(name).setLevel(logging.ERROR)
            made = replay(Replay(to or Path(), journey_map, start or "", horizon), read_settings(os.environ), tell)
            if made is None:
                click.echo(f"sojourn: stopped; the same command goes on in {to}", err=True)
                leave(STOPPED)
            snapshot = made
    click.echo(f"mart: {snapshot}")
    if not folder:
        leave()
