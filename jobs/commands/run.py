"""``sojourn run``: sources into a DIR."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from jobs.commands.options import end_of_day_us, map_option, mapping_option, new_folder, read_map, routes_option, rules_option, sources_argument
from jobs.commands.stopping import stoppable
from jobs.deliver.beside import beside
from jobs.deliver.routes import read_routes
from jobs.rules import read_rules
from jobs.run import RunSettings, run
from jobs.show.progress import Progress
from jobs.show.summary import all_refused, run_page
from jobs.sources.choose import choose_all
from jobs.sources.journal import JournalFacts
from jobs.sources.mapping import load_mapping
from jobs.sources.source import Size, Source
from jobs.sources.table_file import TableFile
from pipelines.judge.shelf import shelf
from schemas.errors import SettingError

INTERRUPTED = 130


@click.command("run", short_help="Read sources into DIR and publish journeys, waits and risks.")
@sources_argument
@click.option("--to", metavar="DIR", type=new_folder, help="Where to keep everything, required; made if need be.")
@map_option
@mapping_option
@rules_option
@routes_option
@click.option("--follow", is_flag=True, help="Wait for more at the end of the last source, until Ctrl-C or SIGTERM.")
@click.option(
    "--until",
    metavar="DAY",
    help="Skip and count what is after the end of this UTC day (2025-03-31); answers are as of then. DIR keeps it for ever.",
)
@click.option("--horizon", metavar="DAYS", type=click.IntRange(1, 3650), help="How far ahead churn is judged; without it the data decide.")
@click.option("--strict", is_flag=True, help="Refuse events with fields that the contract does not know.")
@click.option("--say-history", is_flag=True, help="Send alerts of long ago too; without it they are only recorded.")
@click.option(
    "--batch-rows", metavar="N", type=click.IntRange(1, 10_000_000), default=Size.MOST, show_default=True, help="The most events of a commit."
)
@click.pass_context
def command(
    ctx: click.Context,
    sources: tuple[str, ...],
    to: Path | None,
    map_path: Path | None,
    mapping: str | None,
    rules_path: Path | None,
    routes_path: Path | None,
    follow: bool,
    until: str | None,
    horizon: int | None,
    strict: bool,
    say_history: bool,
    batch_rows: int,
) -> None:
    """Read sources into DIR and publish journeys, waits and risks.

    A SOURCE is a file of JSON lines (.jsonl), an event log (.xes), a table (.csv, .tsv, .parquet, with --mapping), each also as .gz or .zst,
    another DIR, or - for standard input.

    Running again goes on where the last run stopped; the same events given twice count once. Ctrl-C or SIGTERM finishes the batch at hand,
    commits and publishes.
    """
    if to is None:
        raise click.UsageError(f"Missing option '--to': say where to keep everything, like this: sojourn run {sources[0]} --to mine")
    journey_map = read_map(map_path)
    settings = RunSettings(
        to=to,
        journey_map=journey_map,
        rules=shelf(journey_map, read_rules(rules_path)),
        until_us=end_of_day_us(until) if until else None,
        horizon_days=horizon,
        strict=strict,
        batch_rows=batch_rows,
        follow=follow,
        say_history=say_history,
    )
    chosen = choose_all(sources, load_mapping(mapping) if mapping else None, sys.stdin.buffer, follow=follow)
    _refuse_itself(chosen, to)
    if mapping:
        _refuse_useless_mapping(chosen)
    routes = read_routes(routes_path, os.environ) if routes_path else None
    if follow:
        click.echo(f"sojourn: following {chosen[-1].title}; answers stand in {to}; Ctrl-C or SIGTERM ends it", err=True)
    with stoppable() as (stopper, came), Progress() as progress, beside(to, routes, _tell):
        summary = run(chosen, settings, stopper=stopper, report=progress.events)
    click.echo(run_page(summary, to))
    if signal.SIGINT in came:
        ctx.exit(INTERRUPTED)
    if refused := all_refused(summary, to):
        click.echo(f"sojourn: {refused}", err=True)
        ctx.exit(1)


def _tell(text: str) -> None:
    click.echo(f"sojourn: {text}", err=True)


def _refuse_itself(sources: list[Source], to: Path) -> None:
    if any(isinstance(source, JournalFacts) and source.dir.resolve() == to.resolve() for source in sources):
        raise SettingError(f"{to} can't be read into itself; give another --to")


def _refuse_useless_mapping(sources: list[Source]) -> None:
    if not any(isinstance(source, TableFile) for source in sources):
        raise SettingError("--mapping is for tables and event logs, and none of the sources is one: they hold touchpoints already; leave it out")
